// SPDX-License-Identifier: Apache-2.0
// See verdict_model.hpp. The summary counts fail, pass, inconclusive, vacuous, and leaves out what is none.
#include "gui/models/verdict_model.hpp"

#include <reports/text.hpp>

#include "gui/models/words.hpp"

namespace flowtank::gui {
namespace {

// What the scenario demands is worth a word where it is not met, and where it is anything but PASS.
QString expectation(const VerdictEntry& entry) {
  if (!entry.expected || (entry.met && entry.verdict.kind == VerdictKind::pass)) return {};
  return entry.met ? VerdictModel::tr("as expected") : VerdictModel::tr("not as expected");
}

}  // namespace

int bars_of(Strength strength) {
  switch (strength) {
    case Strength::proved: return 3;
    case Strength::tested: return 2;
    case Strength::observed: return 1;
    case Strength::unstated: return 0;
  }
  return 0;
}

void VerdictModel::show(std::shared_ptr<const Snapshot> snapshot) {
  beginResetModel();
  snapshot_ = std::move(snapshot);
  endResetModel();
}

QString VerdictModel::summary() const {
  if (snapshot_ == nullptr) return {};
  int counts[4] = {};
  for (const VerdictEntry& entry : snapshot_->verdicts) ++counts[static_cast<std::size_t>(entry.verdict.kind)];
  QStringList parts;
  const auto add = [&](VerdictKind kind, const char* word) {
    const int count = counts[static_cast<std::size_t>(kind)];
    if (count != 0) parts << QString::number(count) + QLatin1Char(' ') + tr(word);
  };
  add(VerdictKind::fail, QT_TR_NOOP("fail"));
  add(VerdictKind::pass, QT_TR_NOOP("pass"));
  add(VerdictKind::inconclusive, QT_TR_NOOP("inconclusive"));
  add(VerdictKind::vacuous, QT_TR_NOOP("vacuous"));
  return parts.join(QStringLiteral(", "));
}

int VerdictModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || snapshot_ == nullptr ? 0 : static_cast<int>(snapshot_->verdicts.size());
}

int VerdictModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : columns; }

QVariant VerdictModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const VerdictEntry& entry = snapshot_->verdicts[static_cast<std::size_t>(index.row())];
  const Verdict& v = entry.verdict;
  const auto text = [](std::string_view words) { return QString::fromUtf8(words.data(), static_cast<qsizetype>(words.size())); };
  if (role == kind_role) return static_cast<int>(v.kind);
  if (role == strength_role) return bars_of(v.strength);
  if (role == Qt::AccessibleTextRole && index.column() == verdict) return text(to_text(v.kind)) + QStringLiteral(": ") + text(reports::printable(v.property));
  if (role == Qt::ToolTipRole) {
    QStringList lines{text(reports::printable(v.property))};
    if (!v.note.empty()) lines << text(reports::printable(v.note));
    if (!entry.assumption.empty()) lines << text(entry.assumption);
    if (entry.expected) lines << (entry.met ? tr("The scenario expects this.") : tr("The scenario expects something else."));
    return tip_of(lines.join(QLatin1Char('\n')));
  }
  if (role != Qt::DisplayRole) return {};
  switch (index.column()) {
    case verdict: return text(to_text(v.kind));
    case property: return text(reports::printable(v.property));
    case strength: return v.strength == Strength::unstated ? QStringLiteral("–") : text(to_text(v.strength));
    case evidence: {
      const QString note = name_of(v.note), said = expectation(entry);
      return note + (note.isEmpty() || said.isEmpty() ? QString() : QStringLiteral(", ")) + said;
    }
    default: return {};
  }
}

QVariant VerdictModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case verdict: return tr("Verdict");
    case property: return tr("Property");
    case strength: return tr("Strength");
    case evidence: return tr("Evidence");
    default: return {};
  }
}

}  // namespace flowtank::gui
