// SPDX-License-Identifier: Apache-2.0
// See story_rows.hpp. What is a cause is asked of the violation's past, or of the step before it when it has none.
#include "gui/session/story_rows.hpp"

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

}  // namespace flowtank::gui
