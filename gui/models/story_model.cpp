// SPDX-License-Identifier: Apache-2.0
// See story_model.hpp. A step beside the causal path gets a ring; the numbers stay those of the story.
#include "gui/models/story_model.hpp"

#include <algorithm>

namespace flowtank::gui {

std::vector<StoryRow> story_rows(const reports::Story& story, const RunReader* run) {
  std::vector<StoryRow> rows;
  std::vector<RecordId> past;
  for (const reports::StoryStep& step : story.steps) {
    if (step.mark == reports::StoryMark::violation && run != nullptr && step.record < run->size()) past = run->past(step.record, 10'000);
  }
  // A promise that never comes has no direct cause: then what happened last leads there.
  if (past.size() <= 1 && run != nullptr && story.steps.size() > 1 && story.steps[story.steps.size() - 2].record < run->size()) {
    past = run->past(story.steps[story.steps.size() - 2].record, 10'000);
  }
  for (const reports::StoryStep& step : story.steps) {
    StoryRow row;
    row.number = step.number;
    row.record = step.record;
    row.sentence = QString::fromStdString(step.sentence);
    if (!row.sentence.endsWith(QLatin1Char('.'))) row.sentence += QLatin1Char('.');
    if (step.record != no_record) row.event = QStringLiteral("#%1").arg(step.record);
    const bool causal = run == nullptr || std::binary_search(past.begin(), past.end(), step.record);
    row.look = step.mark == reports::StoryMark::fault       ? StepLook::fault
               : step.mark == reports::StoryMark::violation ? StepLook::violation
               : causal                                     ? StepLook::cause
                                                            : StepLook::beside;
    rows.push_back(std::move(row));
  }
  return rows;
}

void StoryModel::show(std::vector<StoryRow> rows) {
  beginResetModel();
  rows_ = std::move(rows);
  endResetModel();
}

int StoryModel::row_of(RecordId record) const {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [record](const StoryRow& row) { return row.record == record; });
  return found == rows_.end() || record == no_record ? -1 : static_cast<int>(found - rows_.begin());
}

int StoryModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(rows_.size()); }

QVariant StoryModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= rowCount()) return {};
  const StoryRow& row = rows_[static_cast<std::size_t>(index.row())];
  switch (role) {
    case Qt::DisplayRole: return row.sentence;
    case Qt::AccessibleTextRole: return QStringLiteral("%1. %2 %3").arg(row.number).arg(row.sentence, row.event);
    case number_role: return row.number;
    case look_role: return static_cast<int>(row.look);
    case event_role: return row.event;
    case record_role: return row.record;
    default: return {};
  }
}

}  // namespace flowtank::gui
