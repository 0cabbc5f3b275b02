// SPDX-License-Identifier: Apache-2.0
// What an action is besides the names in it: "deliver orders>payment OrderPlaced(o-17)#3qz copy 1" has the shape
// "deliver orders>payment OrderPlaced(*)#*" and the names o-17 and 3qz. Two actions of one shape do the same to
// different things. Works on the words of World::describe(), the form in which logs outlive versions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sim/world/world.hpp>

namespace flowtank::shrinking {

// `text` is world.describe(action). Sets `shape` and appends to `names`. Instances and slots of handler runs,
// numbers of copies and of requests are no names: any will do.
void form_of(const World& world, const Action& action, std::string_view text, std::string& shape, std::vector<std::string>& names);

}  // namespace flowtank::shrinking
