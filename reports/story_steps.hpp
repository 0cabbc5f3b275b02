// SPDX-License-Identifier: Apache-2.0
// The steps of one run as a story, whoever says of what they are: headline, faults, steps, evidence, window, critical step and the
// run that passes. Used by tell() alone (story_frame.cpp), which adds origin and cause.
#pragma once

#include "reports/story.hpp"

namespace flowtank::reports {

// `shortest`: the run is one of the shortest where its witness does not say otherwise.
Story steps_of(const ToldFailure& told, bool shortest);

}  // namespace flowtank::reports
