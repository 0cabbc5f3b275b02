// SPDX-License-Identifier: Apache-2.0
// The steps of a story as every view shows them: number, sentence, event, and what kind of step it is: on the causal path of
// the violation or beside it, a fault, the violation itself. Invariant: the numbers are those of the story, everywhere.
#pragma once

#include <QString>

#include <cstdint>
#include <vector>

#include <reports/story.hpp>

#include "gui/session/run_reader.hpp"

namespace flowtank::gui {

enum class StepLook : std::uint8_t { cause, beside, fault, violation };

struct StoryRow {
  std::uint32_t number = 0;
  RecordId record = no_record;
  StepLook look = StepLook::cause;
  QString sentence;
  QString event;  // "#119", empty when it is none
};

// `run` may be nullptr: then every step is taken for a cause.
std::vector<StoryRow> story_rows(const reports::Story& story, const RunReader* run);

}  // namespace flowtank::gui
