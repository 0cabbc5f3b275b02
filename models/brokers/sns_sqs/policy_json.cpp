// SPDX-License-Identifier: Apache-2.0
// See policy_json.hpp: a recursive descent of bounded depth over the bytes of one value. A policy is a line or two, so
// nothing here is made for large texts; what is read twice by users stands in the diagnostics of the options.
#include "models/brokers/sns_sqs/policy_json.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace flowtank::sns_sqs {
namespace {

constexpr int most_depth = 32;
constexpr std::int64_t most_number = 90'000'000'000 * Json::one;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::uint32_t code, std::string& out) {
  const auto byte = [&](std::uint32_t bits) { out += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xc0U | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xe0U | code >> 12);
    } else {
      byte(0xf0U | code >> 18);
      byte(0x80U | (code >> 12 & 0x3fU));
    }
    byte(0x80U | (code >> 6 & 0x3fU));
  }
  byte(0x80U | (code & 0x3fU));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Json> whole() {
    Json json;
    if (!value(json, 0)) return std::nullopt;
    blanks();
    if (at_ != text_.size()) return std::nullopt;
    return json;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    blanks();
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  bool word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }

  bool value(Json& out, int depth) {
    blanks();
    if (depth > most_depth) return false;
    switch (peek()) {
      case '{': return object(out, depth);
      case '[': return array(out, depth);
      case '"':
        out.kind = Json::Kind::string;
        return string(out.text);
      case 't':
      case 'f':
        out.kind = Json::Kind::boolean;
        out.boolean = peek() == 't';
        return word(out.boolean ? "true" : "false");
      case 'n': return word("null");
      default: return number(out);
    }
  }

  bool object(Json& out, int depth) {
    out.kind = Json::Kind::object;
    ++at_;
    if (take('}')) return true;
    do {
      blanks();
      JsonMember member("", {});
      if (peek() != '"' || !string(member.first) || out.find(member.first) != nullptr) return false;
      if (!take(':') || !value(member.second, depth + 1)) return false;
      out.members.push_back(std::move(member));
    } while (take(','));
    return take('}');
  }

  bool array(Json& out, int depth) {
    out.kind = Json::Kind::array;
    ++at_;
    if (take(']')) return true;
    do {
      out.items.emplace_back();
      if (!value(out.items.back(), depth + 1)) return false;
    } while (take(','));
    return take(']');
  }

  bool hex(std::uint32_t& code) {
    code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const std::uint32_t digit = is_digit(c) ? static_cast<std::uint32_t>(c - '0') : c >= 'a' && c <= 'f' ? static_cast<std::uint32_t>(c - 'a' + 10)
                                  : c >= 'A' && c <= 'F' ? static_cast<std::uint32_t>(c - 'A' + 10) : 16;
      if (digit == 16) return false;
      code = code * 16 + digit;
    }
    return true;
  }

  bool escape(std::string& out) {
    constexpr std::string_view names = "\"\\/bfnrt", means = "\"\\/\b\f\n\r\t";
    const char c = peek();
    ++at_;
    if (const std::size_t at = names.find(c); at != std::string_view::npos && c != '\0') {
      out += means[at];
      return true;
    }
    std::uint32_t code = 0, low = 0;
    if (c != 'u' || !hex(code)) return false;
    if (code >= 0xd800 && code < 0xdc00) {
      if (!word("\\u") || !hex(low) || low < 0xdc00 || low > 0xdfff) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(code, out);
    return true;
  }

  bool string(std::string& out) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      const char c = text_[at_++];
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') out += c;
      else if (!escape(out)) return false;
    }
    return at_++ < text_.size();
  }

  // Digits, a fraction and an exponent, as hundred-thousandths.
  bool number(Json& out) {
    out.kind = Json::Kind::number;
    const bool negative = peek() == '-';
    if (negative) ++at_;
    if (!is_digit(peek())) return false;
    std::string digits;
    int scale = 0;
    while (is_digit(peek())) digits += text_[at_++];
    if (peek() == '.') {
      ++at_;
      if (!is_digit(peek())) return false;
      for (; is_digit(peek()); --scale) digits += text_[at_++];
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      const bool down = peek() == '-';
      if (down || peek() == '+') ++at_;
      if (!is_digit(peek())) return false;
      int exponent = 0;
      while (is_digit(peek())) exponent = std::min(exponent * 10 + (text_[at_++] - '0'), 1000);
      scale += down ? -exponent : exponent;
    }
    out.number = scaled(digits, scale + 5);
    if (negative) out.number = -out.number;
    return true;
  }

  static std::int64_t scaled(std::string digits, int scale) {
    if (scale < 0) digits.resize(digits.size() > static_cast<std::size_t>(-scale) ? digits.size() - static_cast<std::size_t>(-scale) : 0);
    std::int64_t value = 0;
    for (const char c : digits) value = std::min(value * 10 + (c - '0'), most_number);
    for (int i = 0; i < scale && value != 0; ++i) value = std::min(value * 10, most_number);
    return value;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void print_string(const std::string& text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else out += c;
  }
  out += '"';
}

void print(const Json& json, std::string& out) {
  switch (json.kind) {
    case Json::Kind::null: out += "null"; return;
    case Json::Kind::boolean: out += json.boolean ? "true" : "false"; return;
    case Json::Kind::number: {
      const std::int64_t rest = json.number % Json::one;
      out += json.number < 0 ? "-" : "";
      out += fmt::format("{}", json.number < 0 ? -(json.number / Json::one) : json.number / Json::one);
      std::string decimals = fmt::format(".{:05}", rest < 0 ? -rest : rest);
      decimals.resize(decimals.find_last_not_of('0') + 1);
      if (decimals.size() > 1) out += decimals;
      return;
    }
    case Json::Kind::string: return print_string(json.text, out);
    case Json::Kind::array:
      out += '[';
      for (std::size_t i = 0; i < json.items.size(); ++i) {
        if (i != 0) out += ',';
        print(json.items[i], out);
      }
      out += ']';
      return;
    case Json::Kind::object:
      out += '{';
      for (std::size_t i = 0; i < json.members.size(); ++i) {
        if (i != 0) out += ',';
        print_string(json.members[i].first, out);
        out += ':';
        print(json.members[i].second, out);
      }
      out += '}';
      return;
  }
}

}  // namespace

const Json* Json::find(std::string_view key) const {
  for (const auto& [name, value] : members) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::optional<Json> parse_json(std::string_view text) { return Parser(text).whole(); }

std::string to_text(const Json& json) {
  std::string out;
  print(json, out);
  return out;
}

}  // namespace flowtank::sns_sqs
