// SPDX-License-Identifier: Apache-2.0
// Two states beside each other, as stores whose rows are marked: + only in B, - only in A, ~ in both with other cells. Rows are
// the same where their first cell is, which is the key of a table. Only stores that differ are there.
#pragma once

#include "gui/session/state_at.hpp"

namespace flowtank::gui {

// `a` and `b` without marks of their own: rows that the state lost are left out. Tables first, by name.
std::vector<Store> differences_of(const StateAt& a, const StateAt& b);

}  // namespace flowtank::gui
