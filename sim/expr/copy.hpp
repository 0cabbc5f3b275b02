// SPDX-License-Identifier: Apache-2.0
// Deep copies of values into an arena: constants of a program, results that outlive an evaluation.
#pragma once

#include <sim/base/value.hpp>

namespace flowtank::expr {

struct Host;
class TypeTable;

// The same value with all its objects in `arena`. Absent when the arena is full or the value is nested
// deeper than max_value_depth. External values stay what they are.
Value copy_value(const Value& value, Arena& arena);

// Like copy_value, but rows become records and tables become maps of records, so that the result does
// not refer to the host any more. Reads through the host.
Value materialize(const Value& value, Host& host, Arena& arena, const TypeTable& types);

}  // namespace flowtank::expr
