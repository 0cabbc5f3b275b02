// SPDX-License-Identifier: Apache-2.0
// See difference_model.hpp. Options that are the same on both sides are left out; verdicts never are.
#include "gui/models/difference_model.hpp"

#include <algorithm>
#include <map>

#include "gui/models/words.hpp"

namespace flowtank::gui {
namespace {

QString verdict_words(const VerdictEntry* entry) {
  if (entry == nullptr) return DifferenceModel::tr("not asked");
  const QString kind = text_of(std::string(to_text(entry->verdict.kind))), strength = text_of(std::string(to_text(entry->verdict.strength)));
  return strength.isEmpty() ? kind : kind + QLatin1Char(' ') + strength;
}

const VerdictEntry* verdict_of(const Snapshot& snapshot, const std::string& property) {
  const auto found = std::find_if(snapshot.verdicts.begin(), snapshot.verdicts.end(), [&](const VerdictEntry& e) { return e.verdict.property == property; });
  return found == snapshot.verdicts.end() ? nullptr : &*found;
}

// Everything that a person chose, by its name.
std::map<std::string, std::string> options_of(const Snapshot& snapshot) {
  std::map<std::string, std::string> out;
  if (snapshot.scenario != nullptr) {
    for (const BrokerSpec& broker : snapshot.scenario->system->brokers) {
      out["brokers." + broker.name + ".kind"] = broker.kind;
    }
    for (const auto& [path, value] : snapshot.scenario->choices) out[path] = value;
    for (const Fault& fault : snapshot.scenario->system->faults) out["faults." + fault.name] = std::to_string(fault.when.budget) + " at most";
  }
  for (const std::string& given : snapshot.overrides) {
    const std::size_t at = given.find('=');
    if (at != std::string::npos && !given.starts_with("faults.")) out[given.substr(0, at)] = given.substr(at + 1);
  }
  out["driver"] = snapshot.driver == Driver::check ? "all orders of events" : "one run";
  if (snapshot.driver == Driver::run) out["seed"] = std::to_string(snapshot.seed);
  return out;
}

}  // namespace

QString brokers_of(const Snapshot& snapshot) {
  QStringList kinds;
  if (snapshot.scenario != nullptr) {
    for (const BrokerSpec& broker : snapshot.scenario->system->brokers) {
      const QString kind = name_of(broker.kind);
      if (!kinds.contains(kind)) kinds << kind;
    }
  }
  return kinds.join(QStringLiteral(", "));
}

void DifferenceModel::show(std::shared_ptr<const Snapshot> a, std::shared_ptr<const Snapshot> b) {
  beginResetModel();
  rows_.clear();
  verdicts_ = 0;
  if (a != nullptr && b != nullptr) {
    add_verdicts(*a, *b);
    add_options(*a, *b);
  }
  endResetModel();
}

void DifferenceModel::add_verdicts(const Snapshot& a, const Snapshot& b) {
  std::vector<std::string> properties;
  for (const Snapshot* side : {&a, &b}) {
    for (const VerdictEntry& entry : side->verdicts) {
      if (std::find(properties.begin(), properties.end(), entry.verdict.property) == properties.end()) properties.push_back(entry.verdict.property);
    }
  }
  for (const std::string& property : properties) {
    const VerdictEntry *in_a = verdict_of(a, property), *in_b = verdict_of(b, property);
    rows_.push_back({name_of(property), verdict_words(in_a), verdict_words(in_b), in_a == nullptr ? -1 : static_cast<int>(in_a->verdict.kind),
                     in_b == nullptr ? -1 : static_cast<int>(in_b->verdict.kind)});
  }
  verdicts_ = rows_.size();
}

void DifferenceModel::add_options(const Snapshot& a, const Snapshot& b) {
  const auto in_a = options_of(a), in_b = options_of(b);
  std::map<std::string, std::pair<std::string, std::string>> both;
  for (const auto& [path, value] : in_a) both[path].first = value;
  for (const auto& [path, value] : in_b) both[path].second = value;
  for (const auto& [path, values] : both) {
    if (values.first == values.second) continue;
    const auto shown = [](const std::string& value) { return value.empty() ? QStringLiteral("–") : name_of(value); };
    rows_.push_back({name_of(path), shown(values.first), shown(values.second)});
  }
}

QString DifferenceModel::summary() const {
  if (rows_.empty()) return {};
  const auto end = rows_.begin() + static_cast<std::ptrdiff_t>(verdicts_);
  const auto verdicts = std::count_if(rows_.begin(), end, [](const Row& row) { return row.differs(); });
  const auto options = std::count_if(end, rows_.end(), [](const Row& row) { return row.differs(); });
  QString said = verdicts == 0 ? tr("all verdicts agree") : tr("%1 of %2 verdicts differ").arg(verdicts).arg(verdicts_);
  if (options != 0) said += options == 1 ? tr(", 1 option differs") : tr(", %1 options differ").arg(options);
  return said;
}

int DifferenceModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(rows_.size()); }
int DifferenceModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : columns; }

QVariant DifferenceModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const Row& row = rows_[static_cast<std::size_t>(index.row())];
  if (role == differs_role) return row.differs();
  if (role == kind_role) {
    const int kind = index.column() == left ? row.left_kind : index.column() == right ? row.right_kind : -1;
    return kind < 0 ? QVariant() : QVariant(kind);
  }
  if (role == Qt::AccessibleTextRole && index.column() == what) return tr("%1: %2 in A, %3 in B").arg(row.what, row.left, row.right);
  if (role != Qt::DisplayRole && role != Qt::ToolTipRole) return {};
  QString said;
  switch (index.column()) {
    case what: said = row.what; break;
    case left: said = row.left; break;
    case right: said = row.right; break;
    case sign: said = row.differs() ? QStringLiteral("≠") : QStringLiteral("="); break;
    default: return {};
  }
  return role == Qt::ToolTipRole ? tip_of(said) : said;
}

QVariant DifferenceModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case what: return tr("Property or option");
    case left: return tr("A");
    case right: return tr("B");
    case sign: return QString();
    default: return {};
  }
}

}  // namespace flowtank::gui
