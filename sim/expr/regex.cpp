// SPDX-License-Identifier: Apache-2.0
// Regular expressions by RE2, the library whose syntax CEL prescribes: automata, no backtracking.
// Pattern size and automaton memory are bounded; a pattern beyond them is an error, not a slow match.
#include <re2/re2.h>

#include <string>
#include <utility>

#include "sim/expr/functions.hpp"

namespace flowtank::expr {
namespace {

constexpr std::size_t max_pattern_bytes = 4096;
constexpr std::int64_t max_machine_bytes = std::int64_t{2} << 20;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

RE2::Options options() {
  RE2::Options out;
  out.set_log_errors(false);
  out.set_max_mem(max_machine_bytes);
  return out;
}

}  // namespace

struct Regex::Machine {
  RE2 re2;
  explicit Machine(std::string_view pattern) : re2(piece(pattern), options()) {}
};

Regex::Regex(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}
Regex::~Regex() = default;

std::unique_ptr<Regex> Regex::compile(std::string_view pattern, std::string& error) {
  if (pattern.size() > max_pattern_bytes) {
    error = "the pattern has more than " + std::to_string(max_pattern_bytes) + " bytes";
    return nullptr;
  }
  auto machine = std::make_unique<Machine>(pattern);
  if (!machine->re2.ok()) {
    error = machine->re2.error();
    return nullptr;
  }
  return std::unique_ptr<Regex>(new Regex(std::move(machine)));
}

bool Regex::found_in(std::string_view text) const { return RE2::PartialMatch(piece(text), machine_->re2); }

Value match(const Regex& regex, const Value& text, Context& context) {
  if (!text.is(Kind::string)) return no_overload(text);
  if (!context.charge(text.object->size / 8)) return context.fail(ErrorCode::steps_exhausted);
  return Value::of_bool(regex.found_in(text.text()));
}

}  // namespace flowtank::expr
