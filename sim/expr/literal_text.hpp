// SPDX-License-Identifier: Apache-2.0
// Values as CEL source text: what `flowtank eval` prints can be pasted into an expression again.
#pragma once

#include <string>

#include <sim/base/value.hpp>

#include "sim/expr/type.hpp"

namespace flowtank::expr {

// 7, 7u, 1.0, "it's", b"\xff", [1, 2], {"k": true}, timestamp("..."), duration("1.5s"). Records are
// written as maps of their fields. Nesting beyond max_value_depth is written as "...".
std::string literal_text(const Value& value, const TypeTable& types);

}  // namespace flowtank::expr
