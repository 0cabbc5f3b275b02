// SPDX-License-Identifier: Apache-2.0
// See eval_command.hpp: JSON variables become typed values, the rest is compile, evaluate and print.
#include "cli/eval_command.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>
#include <string_view>
#include <utility>

#include <reports/diagnostics_text.hpp>
#include <reports/text.hpp>
#include <sim/base/diagnostic.hpp>
#include <sim/base/value.hpp>
#include <sim/expr/literal_text.hpp>
#include <sim/expr/program.hpp>

#include "cli/eval_vectors.hpp"

namespace flowtank::cli {
namespace {

using nlohmann::json;

constexpr int max_json_nesting = 200;
constexpr std::string_view expression_name = "expression";

struct Typed {
  Value value;
  expr::Type type;
};

// JSON as CEL values, with the narrowest type that all elements fit.
class Reader {
 public:
  Reader(expr::TypeTable& types, Arena& arena) : types_(types), arena_(arena) {}

  // The sentence of what is wrong, or empty.
  const std::string& error() const { return error_; }

  Typed read(const json& j, int depth = 0) {
    if (depth > max_json_nesting) return wrong("nested deeper than " + std::to_string(max_json_nesting) + " levels");
    switch (j.type()) {
      case json::value_t::boolean: return {Value::of_bool(j.get<bool>()), expr::types::boolean};
      case json::value_t::number_integer: return {Value::of_int(j.get<std::int64_t>()), expr::types::int64};
      case json::value_t::number_unsigned:
        if (j.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return wrong("the number " + j.dump() + " does not fit an int");
        return {Value::of_int(static_cast<std::int64_t>(j.get<std::uint64_t>())), expr::types::int64};
      case json::value_t::number_float: return {Value::of_real(j.get<double>()), expr::types::real};
      case json::value_t::string: return {checked(arena_.make_string(j.get_ref<const std::string&>())), expr::types::string};
      case json::value_t::array: return list(j, depth);
      case json::value_t::object: return map(j, depth);
      default: return {Value::of_null(), expr::types::null};
    }
  }

 private:
  Typed wrong(std::string what) {
    if (error_.empty()) error_ = std::move(what);
    return {Value::of_null(), expr::types::dyn};
  }
  Value checked(Value value) {
    if (value.is(Kind::absent)) wrong("too large");
    return value.is(Kind::absent) ? Value::of_null() : value;
  }

  Typed list(const json& j, int depth) {
    std::vector<Value> items;
    expr::Type element;
    for (const json& item : j) {
      const Typed read_item = read(item, depth + 1);
      element = items.empty() ? read_item.type : types_.join(element, read_item.type);
      items.push_back(read_item.value);
    }
    return {checked(arena_.make_list(items)), types_.list(element)};
  }

  // nlohmann keeps keys sorted by bytes, which is the order a map value needs.
  Typed map(const json& j, int depth) {
    std::vector<Value> pairs;
    expr::Type element;
    for (const auto& [key, content] : j.items()) {
      const Typed read_item = read(content, depth + 1);
      element = pairs.empty() ? read_item.type : types_.join(element, read_item.type);
      pairs.push_back(checked(arena_.make_string(key)));
      pairs.push_back(read_item.value);
    }
    return {checked(arena_.make_map(pairs)), types_.map(expr::types::string, element)};
  }

  expr::TypeTable& types_;
  Arena& arena_;
  std::string error_;
};

// Declares the members of a JSON object as variables; false after writing what is wrong to `err`.
bool declare_variables(const std::string& text, expr::Environment& environment, Arena& arena, std::vector<Value>& slots, std::ostream& err) {
  const json variables = json::parse(text, nullptr, false, true);
  if (!variables.is_object()) {
    err << "error: --with must be a JSON object, for example --with '{\"amount\": 120}'\n";
    return false;
  }
  Reader reader(*environment.types(), arena);
  for (const auto& [name, content] : variables.items()) {
    const Typed variable = reader.read(content);
    environment.declare(name, variable.type, static_cast<std::uint32_t>(slots.size()));
    slots.push_back(variable.value);
  }
  if (reader.error().empty()) return true;
  err << "error: --with: " << reader.error() << '\n';
  return false;
}

std::optional<std::string> line_of(const std::string& text, std::uint32_t line) {
  std::size_t start = 0;
  for (std::uint32_t i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n', start);
    if (end == std::string::npos) return std::nullopt;
    start = end + 1;
  }
  return text.substr(start, std::min(text.find('\n', start), text.size()) - start);
}

// What is written holds whatever the expression and its variables hold: run_eval() makes it printable.
int evaluate(const EvalArguments& arguments, std::ostream& out, std::ostream& err) {
  if (!arguments.vectors.empty()) return run_vectors(arguments.vectors, out, err);
  if (!arguments.expression) {
    err << "error: give an expression, or --vectors FILE...\n";
    return 2;
  }
  const std::string& text = *arguments.expression;
  expr::Environment environment;
  Arena arena;
  std::vector<Value> slots;
  if (arguments.with && !declare_variables(*arguments.with, environment, arena, slots, err)) return 2;

  Diagnostics diagnostics;
  expr::Place place;
  place.file = expression_name;
  const auto program = expr::compile(text, environment, diagnostics, place);
  if (!program) {
    const auto source = [&](const std::string&, std::uint32_t line) { return line_of(text, line); };
    err << reports::to_text(diagnostics, source, {});
    return 2;
  }
  expr::EmptyHost host;
  const Value result = expr::evaluate(*program, slots, host, arena);
  if (result.is(Kind::error)) {
    err << "error: " << result.text() << " [" << expr::error_name(expr::error_code(result)) << "]\n";
    return 1;
  }
  out << expr::literal_text(result, program->types()) << '\n';
  return 0;
}

}  // namespace

int run_eval(const EvalArguments& arguments, std::ostream& out, std::ostream& err) {
  std::ostringstream said, wrong;
  const int exit = evaluate(arguments, said, wrong);
  out << reports::printable_lines(said.str());
  err << reports::printable_lines(wrong.str());
  return exit;
}

}  // namespace flowtank::cli
