// SPDX-License-Identifier: Apache-2.0
// The signs of a report: a verdict is a shape and a word, its strength three bars and a word, a fault a drawing. Colour only
// repeats what shape and word say. Each drawing is in a page once and used by its name.
#pragma once

#include <string>
#include <string_view>

#include <sim/check/result.hpp>

#include "reports/html/markup.hpp"

namespace flowtank::reports::html {

// All drawings, hidden, for the start of the body; with the hatch of faults.
std::string symbols();

// The drawing alone, 16 px; says nothing to those who cannot see it, so a word stands beside it.
void icon(Markup& to, std::string_view name);
std::string_view icon_name(VerdictKind kind);
// Faults that are alike for a reader share a drawing.
std::string_view icon_name(FaultKind kind);
// "pass", "fail", "unsure", "vacuous": the class of what is tinted by a verdict.
std::string_view class_name(VerdictKind kind);

// <span class="verdict fail">drawing FAIL</span>
void verdict_mark(Markup& to, VerdictKind kind, std::string_view word = "");
// Three bars, filled 3 for proved, 2 for tested, 1 for observed, and the word; nothing for a verdict without strength.
void strength_mark(Markup& to, Strength strength, std::string_view more = "");

}  // namespace flowtank::reports::html
