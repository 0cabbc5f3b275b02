// SPDX-License-Identifier: Apache-2.0
// See fault_model.hpp. Strikes come in the order of the run, then what never struck in the order of the scenario.
#include "gui/models/fault_model.hpp"

#include <algorithm>
#include <set>

#include <reports/record_text.hpp>

#include "gui/models/words.hpp"

namespace flowtank::gui {

FaultModel::FaultModel(const Stage& stage, QObject* parent) : QAbstractTableModel(parent), stage_(stage) {}

void FaultModel::reset() {
  beginResetModel();
  run_ = stage_.run();
  strikes_.clear();
  idle_.clear();
  past_.clear();
  came_.clear();
  std::set<std::uint32_t> struck;
  if (run_ != nullptr) {
    strikes_ = run_->index().faults();
    for (const RecordId id : strikes_) struck.insert(run_->raw(id).place);
    const std::vector<StoryRow>& story = stage_.story_here();
    const auto violation = std::find_if(story.begin(), story.end(), [](const StoryRow& row) { return row.look == StepLook::violation; });
    if (violation != story.end() && violation->record < run_->size()) past_ = run_->past(violation->record, 10'000);
  }
  if (stage_.snapshot() != nullptr && stage_.snapshot()->scenario != nullptr) {
    const auto& faults = stage_.snapshot()->scenario->system->faults;
    for (std::uint32_t f = 0; f < faults.size(); ++f) {
      if (!struck.contains(f)) idle_.push_back({name_of(faults[f].name), text_of(std::string(reports::fault_noun(faults[f].kind))), faults[f].kind});
    }
  }
  endResetModel();
}

RecordId FaultModel::record(int row) const { return row >= 0 && static_cast<std::size_t>(row) < strikes_.size() ? strikes_[static_cast<std::size_t>(row)] : no_record; }

FaultKind FaultModel::kind_of(RecordId record) const {
  const Record r = run_->raw(record);
  // A trace alone knows kinds in words only.
  const auto& snapshot = stage_.snapshot();
  const auto& faults = snapshot != nullptr && snapshot->scenario != nullptr ? snapshot->scenario->system->faults : run_->system().faults;
  return r.place < faults.size() ? faults[r.place].kind : FaultKind::delay;
}

QString FaultModel::name(int row) const {
  const RecordId id = record(row);
  if (id == no_record) {
    const auto at = static_cast<std::size_t>(row) - strikes_.size();
    return row >= 0 && at < idle_.size() ? idle_[at].name : QString();
  }
  const Record r = run_->raw(id);
  return r.place < run_->reader().names().faults.size() ? name_of(run_->reader().names().faults[r.place].name) : QString();
}

int FaultModel::row_of(RecordId record) const {
  const auto found = std::lower_bound(strikes_.begin(), strikes_.end(), record);
  return found == strikes_.end() || *found != record ? -1 : static_cast<int>(found - strikes_.begin());
}

QString FaultModel::summary() const {
  if (run_ == nullptr && idle_.empty()) return {};
  if (strikes_.empty()) return idle_.empty() ? tr("This run has no faults.") : tr("None of its %1 faults struck.").arg(idle_.size());
  QString said = strikes_.size() == 1 ? tr("1 strike") : tr("%1 strikes").arg(text_of(thousands(strikes_.size())));
  if (!idle_.empty()) said += tr(", %1 never struck").arg(idle_.size());
  return said;
}

QString FaultModel::came_of_it(RecordId record) const {
  const auto known = came_.find(record);
  return known != came_.end() ? known->second : came_.emplace(record, look_what_came(record)).first->second;
}

// Events that came of it among those that follow soon, the worst of them first.
QString FaultModel::look_what_came(RecordId record) const {
  constexpr std::size_t window = 20'000, most = 2'000;
  if (std::binary_search(past_.begin(), past_.end(), record)) return tr("leads to the violation");
  std::size_t events = 0;
  bool violates = false;
  const std::vector<RecordId> found = run_->future(record, most, window);
  // What comes later, or after so many, was not looked at.
  const bool all = found.size() < most && std::size_t{record} + window >= run_->size();
  for (const RecordId id : found) {
    if (id == record || is_inner(run_->index().kind(id))) continue;
    ++events;
    violates = violates || run_->index().kind(id) == RecordKind::violated;
  }
  if (violates) return tr("leads to a violation");
  const QString many = text_of(thousands(events));
  if (events == 0) return all ? tr("nothing came of it") : tr("nothing came of it in the next %1 records").arg(text_of(thousands(window)));
  if (!all) return events == 1 ? tr("at least 1 event came of it") : tr("at least %1 events came of it").arg(many);
  return events == 1 ? tr("1 event came of it") : tr("%1 events came of it").arg(many);
}

int FaultModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(strikes_.size() + idle_.size()); }
int FaultModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : columns; }

QVariant FaultModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const RecordId id = record(index.row());
  const bool struck = id != no_record;
  if (role == struck_role) return struck;
  if (role == record_role) return id;
  if (role == kind_role) return static_cast<int>(struck ? kind_of(id) : idle_[static_cast<std::size_t>(index.row()) - strikes_.size()].kind);
  if (role == leads_role) return struck && std::binary_search(past_.begin(), past_.end(), id);
  if (role == Qt::AccessibleTextRole && index.column() == fault) {
    return struck ? tr("Fault %1, %2: %3").arg(name(index.row()), text_of(run_->time(id)), text_of(run_->sentence(id))) : tr("Fault %1 never struck").arg(name(index.row()));
  }
  const bool tip = role == Qt::ToolTipRole;
  if (role != Qt::DisplayRole && !tip) return {};
  QString said;
  switch (index.column()) {
    case fault: said = name(index.row()); break;
    case time: said = struck ? text_of(run_->time(id)) : QStringLiteral("–"); break;
    case where: said = struck ? text_of(run_->where(id)) : QString(); break;
    case what: said = struck ? text_of(run_->sentence(id)) : idle_[static_cast<std::size_t>(index.row()) - strikes_.size()].noun; break;
    case outcome: said = struck ? came_of_it(id) : tr("never struck in this run"); break;
    default: return {};
  }
  return tip ? tip_of(said) : said;
}

QVariant FaultModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  switch (section) {
    case fault: return tr("Fault");
    case time: return tr("Time");
    case where: return tr("Where");
    case what: return tr("What it did");
    case outcome: return tr("What came of it");
    default: return {};
  }
}

}  // namespace flowtank::gui
