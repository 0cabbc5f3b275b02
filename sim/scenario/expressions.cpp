// SPDX-License-Identifier: Apache-2.0
// See expressions.hpp. Invariant: every character of the compiled text belongs to at most one piece, and
// pieces are in ascending order.
#include "sim/scenario/expressions.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <sim/expr/program.hpp>

namespace flowtank::loading {

namespace {

// A string literal of the expression language.
std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string literal(double value) {
  std::string out = fmt::format("{}", value);
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

// The offset of a line and column (from 1) in a text.
std::size_t offset_of(std::string_view text, SourceRange where) {
  std::size_t line_start = 0;
  for (std::uint32_t line = 1; line < where.line; ++line) {
    const std::size_t end = text.find('\n', line_start);
    if (end == std::string_view::npos) break;
    line_start = end + 1;
  }
  return std::min(line_start + (where.column > 0 ? where.column - 1 : 0), text.size());
}

}  // namespace

void Expressions::append(Text& out, const Place& place, int depth) {
  const JsonNode& node = *place.node;
  const auto piece = [&](const std::string& text, std::size_t skip, bool is_literal) {
    out.pieces.push_back({out.text.size(), out.text.size() + text.size(), skip, is_literal, place});
    out.text += text;
  };
  switch (node.kind) {
    case JsonKind::null: return piece("null", 0, true);
    case JsonKind::boolean: return piece(node.boolean ? "true" : "false", 0, true);
    case JsonKind::integer: return piece(std::to_string(node.integer), 0, true);
    case JsonKind::real: return piece(literal(node.real), 0, true);
    case JsonKind::string:
      if (!node.text.starts_with('=')) return piece(literal(node.text), 0, true);
      if (depth > 0) out.text += '(';
      piece(node.text.substr(1), 1, false);
      if (depth > 0) out.text += ')';
      return;
    case JsonKind::array:
      out.text += '[';
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (i > 0) out.text += ", ";
        append(out, place.at(i), depth + 1);
      }
      out.text += ']';
      return;
    case JsonKind::object:
      out.text += '{';
      for (std::size_t i = 0; i < node.members.size(); ++i) {
        if (i > 0) out.text += ", ";
        out.text += literal(node.members[i].key) + ": ";
        append(out, place.at(node.members[i]), depth + 1);
      }
      out.text += '}';
      return;
  }
}

void Expressions::translate(const Text& text, const Place& whole, const Diagnostics& found) {
  for (Diagnostic problem : found.all()) {
    const std::size_t at = offset_of(text.text, problem.range);
    const Piece* piece = nullptr;
    for (const Piece& candidate : text.pieces) {
      if (candidate.begin <= at && at <= candidate.end) piece = &candidate;
      if (candidate.begin <= at && at < candidate.end) break;
    }
    const Place& place = piece ? piece->from : whole;
    problem.file = reading_.file_of(*place.node);
    problem.pointer = place.pointer;
    problem.expression_column = 0;
    if (piece && !piece->literal) {
      const std::size_t inside = at - piece->begin;
      problem.range = range_inside(reading_.sources(), *place.node, inside + piece->skip, std::max<std::uint32_t>(1, problem.range.length));
      problem.expression_column = static_cast<std::uint32_t>(inside + 1);
    } else {
      problem.range = place.node->where;
    }
    reading_.report(std::move(problem));
  }
}

Compiled Expressions::compile(const Text& text, const Place& whole, const expr::Environment& environment) {
  if (system_.expressions.size() >= limits_.expressions) {
    reading_.error(codes::range_size, whole, "more than " + std::to_string(limits_.expressions) + " expressions");
    return {};
  }
  Diagnostics found;
  auto program = expr::compile(text.text, environment, found);
  translate(text, whole, found);
  if (!program) return {};
  const expr::Declaration* now = environment.find("now");
  if (!has_time_ && now != nullptr && std::find(program->slots().begin(), program->slots().end(), now->slot) != program->slots().end()) {
    // Going on would decide a comparison with the clock one way, and prove what is not so.
    reading_.error(codes::run_no_time, whole, "this looks at now, but a check has no time",
                   "Use a timer, which a check fires in any order, or judge it with run.");
  }
  Compiled compiled;
  compiled.id = static_cast<ExprId>(system_.expressions.size());
  compiled.type = program->result_type();
  compiled.reads_tables = !program->accesses().empty() || program->tables_escape();
  system_.expressions.push_back(std::move(*program));
  return compiled;
}

Compiled Expressions::value(const Place& place, const expr::Environment& environment) {
  Text text;
  append(text, place, 0);
  return compile(text, place, environment);
}

Compiled Expressions::value_of(const Place& place, const expr::Environment& environment, expr::Type expected, std::string_view what) {
  Compiled compiled = value(place, environment);
  const expr::TypeTable& types = *environment.types();
  if (compiled && !types.fits(compiled.type, expected)) {
    reading_.error(codes::type_expression, place,
                   fmt::format("{} is of type {}, but this is {}", what, types.name(expected), types.name(compiled.type)));
  }
  return compiled;
}

Compiled Expressions::formula(const Place& place, const expr::Environment& environment) {
  if (!place.node->is(JsonKind::string) || place.node->text.starts_with('=')) return value(place, environment);
  Text text;
  text.text = place.node->text;
  text.pieces.push_back({0, text.text.size(), 0, false, place});
  return compile(text, place, environment);
}

Compiled Expressions::condition(const Place& place, const expr::Environment& environment) {
  Compiled compiled = formula(place, environment);
  const expr::TypeTable& types = *environment.types();
  if (compiled && !types.fits(compiled.type, expr::types::boolean)) {
    reading_.error(codes::type_expression, place, "a condition is true or false, but this is of type " + types.name(compiled.type));
  }
  return compiled;
}

Compiled Expressions::generated(const std::string& text, const Place& place, const expr::Environment& environment) {
  Text whole;
  whole.text = text;
  return compile(whole, place, environment);
}

}  // namespace flowtank::loading
