// SPDX-License-Identifier: Apache-2.0
// See literal_text.hpp. What is written here reads back as the same value (a test holds it to that).
#include "sim/expr/literal_text.hpp"

#include <fmt/format.h>

#include "sim/expr/error.hpp"
#include "sim/expr/times.hpp"

namespace flowtank::expr {
namespace {

struct Writer {
  const TypeTable& types;
  std::string out;

  // Bytes outside ASCII are kept in strings, which are UTF-8, and escaped in bytes.
  void quoted(std::string_view text, bool bytes) {
    out += bytes ? "b\"" : "\"";
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') (out += '\\') += c;
      else if (c == '\n') out += "\\n";
      else if (c == '\r') out += "\\r";
      else if (c == '\t') out += "\\t";
      else if (byte < 0x20 || byte == 0x7F || (bytes && byte >= 0x80)) out += fmt::format("\\x{:02x}", static_cast<unsigned>(byte));
      else out += c;
    }
    out += '"';
  }

  void real(double d) {
    if (d != d) {
      out += "double(\"NaN\")";
    } else if (d - d != 0) {
      out += d > 0 ? "double(\"inf\")" : "double(\"-inf\")";
    } else {
      std::string text = fmt::format("{}", d);
      if (text.find_first_of(".e") == std::string::npos) text += ".0";
      out += text;
    }
  }

  void items(const Value& value, std::uint32_t depth) {
    const bool pairs = value.is(Kind::map);
    const auto all = pairs ? value.pairs() : value.items();
    out += pairs ? '{' : '[';
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (i != 0) out += pairs && i % 2 == 1 ? ": " : ", ";
      write(all[i], depth + 1);
    }
    out += pairs ? '}' : ']';
  }

  void record(const Value& value, std::uint32_t depth) {
    const RecordType* type = value.tag < types.record_count() ? &types.record(value.tag) : nullptr;
    out += '{';
    bool first = true;
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      if (value.items()[i].is(Kind::absent)) continue;
      if (!first) out += ", ";
      first = false;
      quoted(type != nullptr && i < type->fields.size() ? type->fields[i].name : std::to_string(i), false);
      out += ": ";
      write(value.items()[i], depth + 1);
    }
    out += '}';
  }

  void write(const Value& value, std::uint32_t depth) {
    if (depth > max_value_depth) {
      out += "...";
      return;
    }
    switch (value.kind) {
      case Kind::null: out += "null"; break;
      case Kind::boolean: out += value.b ? "true" : "false"; break;
      case Kind::int64: out += fmt::format("{}", value.i); break;
      case Kind::uint64: out += fmt::format("{}u", value.u); break;
      case Kind::real: real(value.d); break;
      case Kind::string: quoted(value.text(), false); break;
      case Kind::bytes: quoted(value.text(), true); break;
      case Kind::type: out += value.text(); break;
      case Kind::timestamp: out += "timestamp(\"" + format_timestamp(value) + "\")"; break;
      case Kind::duration: out += "duration(\"" + format_duration(value) + "\")"; break;
      case Kind::list:
      case Kind::map: items(value, depth); break;
      case Kind::record: record(value, depth); break;
      default: out += to_text(value); break;
    }
  }
};

}  // namespace

std::string literal_text(const Value& value, const TypeTable& types) {
  Writer writer{types, {}};
  writer.write(value, 0);
  return writer.out;
}

}  // namespace flowtank::expr
