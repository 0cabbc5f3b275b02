// SPDX-License-Identifier: Apache-2.0
// See choice_model.hpp. The order is the documented one of the World: the system first, then faults.
#include "gui/models/choice_model.hpp"

#include <algorithm>

#include <reports/text.hpp>

#include "gui/models/words.hpp"

namespace flowtank::gui {

void ChoiceModel::show(std::vector<Choice> choices) {
  beginResetModel();
  choices_ = std::move(choices);
  shown_.resize(choices_.size());
  for (std::size_t i = 0; i < shown_.size(); ++i) shown_[i] = i;
  endResetModel();
}

void ChoiceModel::filter(const QString& words) {
  const QStringList wanted = words.split(QLatin1Char(' '), Qt::SkipEmptyParts);
  beginResetModel();
  shown_.clear();
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const QString said = text_of(choices_[i].words) + QLatin1Char(' ') + text_of(reports::printable(choices_[i].action.text));
    if (std::all_of(wanted.begin(), wanted.end(), [&](const QString& word) { return said.contains(word, Qt::CaseInsensitive); })) shown_.push_back(i);
  }
  endResetModel();
}

const Choice* ChoiceModel::choice(int row) const { return row >= 0 && static_cast<std::size_t>(row) < shown_.size() ? &choices_[shown_[static_cast<std::size_t>(row)]] : nullptr; }

int ChoiceModel::first_other() const {
  const auto found = std::find_if(shown_.begin(), shown_.end(), [this](std::size_t i) { return !choices_[i].taken; });
  return found == shown_.end() ? -1 : static_cast<int>(found - shown_.begin());
}

int ChoiceModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(shown_.size()); }

QVariant ChoiceModel::data(const QModelIndex& index, int role) const {
  const Choice* c = index.isValid() ? choice(index.row()) : nullptr;
  if (c == nullptr) return {};
  if (role == fault_role) return c->fault;
  if (role == taken_role) return c->taken;
  if (role == Qt::DisplayRole) return c->taken ? tr("%1   (what the run did)").arg(text_of(c->words)) : text_of(c->words);
  if (role == Qt::ToolTipRole) return tip_of(tr("In a decision log: %1").arg(text_of(reports::printable(c->action.text))));
  if (role == Qt::AccessibleTextRole) return c->taken ? tr("%1, what the run did").arg(text_of(c->words)) : text_of(c->words);
  return {};
}

}  // namespace flowtank::gui
