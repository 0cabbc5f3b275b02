// SPDX-License-Identifier: Apache-2.0
// What the built-in functions do. Every call is dispatched by the kinds of its arguments, so that dyn
// arguments need no other path; an argument of another kind gives no_such_overload.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include <sim/base/value.hpp>

#include "sim/expr/builtin.hpp"
#include "sim/expr/context.hpp"

namespace flowtank::expr {

Value call_builtin(Builtin builtin, std::span<const Value> arguments, Context& context);
Value convert(Builtin to, const Value& value, Context& context);
Value type_of(const Value& value, Context& context);
// rows, sum, min, max, sort, distinct
Value call_list_builtin(Builtin builtin, std::span<const Value> arguments, Context& context);

// A compiled pattern in RE2 syntax; matching is linear in the text. Immutable and shareable.
class Regex {
 public:
  // nullptr and a sentence in `error` when the pattern is wrong or too large.
  static std::unique_ptr<Regex> compile(std::string_view pattern, std::string& error);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;
  bool found_in(std::string_view text) const;

 private:
  struct Machine;
  explicit Regex(std::unique_ptr<Machine> machine);
  std::unique_ptr<Machine> machine_;
};

// `text` matches a pattern that was compiled before.
Value match(const Regex& regex, const Value& text, Context& context);

}  // namespace flowtank::expr
