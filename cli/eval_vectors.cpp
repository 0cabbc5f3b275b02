// SPDX-License-Identifier: Apache-2.0
// See eval_vectors.hpp. Expressions are compiled leniently, as an unchecked CEL would run them: an
// undeclared name is an error of the evaluation that `||` may absorb. Variables are of type dyn.
#include "cli/eval_vectors.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <ostream>
#include <sstream>

#include <sim/base/diagnostic.hpp>
#include <sim/base/value.hpp>
#include <sim/expr/literal_text.hpp>
#include <sim/expr/program.hpp>
#include <sim/expr/times.hpp>
#include <sim/expr/utf8.hpp>

namespace flowtank::cli {
namespace {

using nlohmann::json;

constexpr int max_value_nesting = 200;

template <typename T>
T whole(const json& text) {
  const std::string s = text.get<std::string>();
  T out{};
  const auto parsed = std::from_chars(s.data(), s.data() + s.size(), out);
  if (parsed.ec != std::errc() || parsed.ptr != s.data() + s.size()) throw std::runtime_error("bad number " + s);
  return out;
}

double real(const json& text) {
  const std::string s = text.get<std::string>();
  if (s == "nan" || s == "NaN") return std::numeric_limits<double>::quiet_NaN();
  const std::string digits = !s.empty() && s[0] == '+' ? s.substr(1) : s;
  double out = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), out);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) throw std::runtime_error("bad double " + s);
  return out;
}

Value read_value(const json& tagged, Arena& arena, int depth);

Value read_list(const json& items, Arena& arena, int depth) {
  std::vector<Value> out;
  for (const json& item : items) out.push_back(read_value(item, arena, depth));
  return arena.make_list(out);
}

Value read_map(const json& pairs, Arena& arena, int depth) {
  std::vector<std::pair<Value, Value>> out;
  for (const json& pair : pairs) out.emplace_back(read_value(pair.at(0), arena, depth), read_value(pair.at(1), arena, depth));
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return compare(a.first, b.first) < 0; });
  std::vector<Value> flat;
  for (const auto& [key, value] : out) {
    flat.push_back(key);
    flat.push_back(value);
  }
  return arena.make_map(flat);
}

// Throws std::exception on anything that is not a tagged value.
Value read_value(const json& tagged, Arena& arena, int depth = 0) {
  if (depth > max_value_nesting) throw std::runtime_error("value nested too deeply");
  if (!tagged.is_object() || tagged.size() != 1) throw std::runtime_error("a value is an object with one tag");
  const std::string& tag = tagged.begin().key();
  const json& content = tagged.begin().value();
  if (tag == "int") return Value::of_int(whole<std::int64_t>(content));
  if (tag == "uint") return Value::of_uint(whole<std::uint64_t>(content));
  if (tag == "double") return Value::of_real(real(content));
  if (tag == "bool") return Value::of_bool(content.get<bool>());
  if (tag == "null") return Value::of_null();
  if (tag == "string") return arena.make_string(content.get<std::string>());
  if (tag == "type") return arena.make_text(Kind::type, content.get<std::string>());
  if (tag == "timestamp" || tag == "duration") {
    const std::string text = content.get<std::string>();
    const auto parsed = tag == "duration" ? expr::parse_duration(text) : expr::parse_timestamp(text);
    if (!parsed) throw std::runtime_error("bad " + tag + " " + text);
    return *parsed;
  }
  if (tag == "list") return read_list(content, arena, depth + 1);
  if (tag == "map") return read_map(content, arena, depth + 1);
  if (tag != "bytes") throw std::runtime_error("unknown tag " + tag);
  std::string bytes;
  for (const json& byte : content) bytes.push_back(static_cast<char>(byte.get<int>()));
  return arena.make_text(Kind::bytes, bytes);
}

// Some expected texts came into the vectors with escapes of their source format left undecoded: "\\u0100"
// for U+0100, "\\?" for "?". This is the text that was meant. The expressions themselves are never touched.
std::string decode_leftover_escapes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    const std::size_t digits = next == 'u' ? 4 : (next == 'U' ? 8 : 0);
    std::uint32_t point = 0;
    const char* first = text.data() + std::min(i + 2, text.size());
    const char* last = text.data() + std::min(i + 2 + digits, text.size());
    if (text[i] == '\\' && next == '?') {
      out += '?';
      i += 1;
    } else if (text[i] == '\\' && digits != 0 && std::from_chars(first, last, point, 16).ptr == first + digits) {
      expr::append_utf8(point, out);
      i += 1 + digits;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool same_but_for_leftover_escapes(const Value& got, const Value& wanted) {
  const bool text = wanted.is(Kind::string) || wanted.is(Kind::bytes);
  return text && got.kind == wanted.kind && wanted.text().find('\\') != std::string_view::npos &&
         got.text() == decode_leftover_escapes(wanted.text());
}

// Empty when the vector passes, else what came instead.
std::string run_vector(const json& vector, VectorCounts& counts) {
  Arena arena;
  expr::Environment environment;
  std::vector<Value> slots;
  if (vector.contains("bindings")) {
    for (const auto& [name, value] : vector.at("bindings").items()) {
      environment.declare(name, expr::types::dyn, static_cast<std::uint32_t>(slots.size()));
      slots.push_back(read_value(value, arena));
    }
  }
  const bool wants_error = vector.value("error", false);
  Diagnostics diagnostics;
  expr::CompileOptions options;
  options.lenient = true;
  const auto program = expr::compile(vector.at("expr").get<std::string>(), environment, diagnostics, {}, options);
  if (!program) return wants_error ? std::string() : "does not compile: " + diagnostics.all().front().message;
  expr::EmptyHost host;
  const Value got = expr::evaluate(*program, slots, host, arena);
  if (got.is(Kind::error)) return wants_error ? std::string() : "error: " + std::string(got.text());
  if (wants_error) return "no error but " + expr::literal_text(got, program->types());
  const Value wanted = read_value(vector.at("value"), arena);
  if (identical(got, wanted)) return {};
  if (same_but_for_leftover_escapes(got, wanted)) {
    ++counts.escapes;
    return {};
  }
  return "got " + expr::literal_text(got, program->types()) + ", wanted " + expr::literal_text(wanted, program->types());
}

std::string text_of(const json& vector, const char* key) {
  return vector.is_object() && vector.contains(key) && vector.at(key).is_string() ? vector.at(key).get<std::string>() : "?";
}

}  // namespace

bool run_vector_file(const std::string& path, std::ostream& out, VectorCounts& counts, std::string& error) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    error = path + ": cannot be read";
    return false;
  }
  // More than any list of vectors; an endless device stops here.
  constexpr std::size_t most_bytes = std::size_t{256} << 20;
  std::string text;
  for (char buffer[65536]; file.read(buffer, sizeof buffer) || file.gcount() > 0;) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > most_bytes) {
      error = path + ": larger than 256 MB";
      return false;
    }
  }
  const json vectors = json::parse(text, nullptr, false, true);
  if (file.bad() || !vectors.is_array()) {
    error = path + ": not a JSON list of vectors";
    return false;
  }
  for (const json& vector : vectors) {
    std::string problem;
    try {
      problem = run_vector(vector, counts);
    } catch (const std::exception& e) {
      problem = std::string("malformed vector: ") + e.what();
    }
    if (problem.empty()) {
      ++counts.passed;
      continue;
    }
    ++counts.failed;
    out << path << ": " << text_of(vector, "section") << '/' << text_of(vector, "name") << ": " << problem << "\n    " << text_of(vector, "expr") << '\n';
  }
  return true;
}

int run_vectors(const std::vector<std::string>& paths, std::ostream& out, std::ostream& err) {
  VectorCounts counts;
  bool readable = true;
  for (const std::string& path : paths) {
    std::string error;
    if (run_vector_file(path, out, counts, error)) continue;
    err << "error: " << error << '\n';
    readable = false;
  }
  if (counts.escapes != 0) out << "note: " << counts.escapes << " expected texts had escapes that were not decoded in the file\n";
  out << counts.passed << " passed, " << counts.failed << " failed\n";
  if (!readable) return 2;
  return counts.failed == 0 ? 0 : 1;
}

}  // namespace flowtank::cli
