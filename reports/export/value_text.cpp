// SPDX-License-Identifier: Apache-2.0
// See value_text.hpp. Every number of the file is checked: parts come before their whole, depth and size are bounded.
#include "reports/export/value_text.hpp"

#include <algorithm>

#include <sim/trace/varint.hpp>
#include <sim/world/system.hpp>

#include "reports/export/output.hpp"
#include "reports/text.hpp"

namespace flowtank::reports {

using trace_format::ByteReader;
using trace_format::Bytes;
using trace_format::ValueTag;

namespace {

constexpr std::size_t kept_values = 1U << 14;
constexpr int deepest = 32;
constexpr std::string_view cut = "...";

bool plain(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  return true;
}

}  // namespace

ValueTexts::ValueTexts(const TraceReader& reader) : reader_(reader), contents_(reader), kept_(kept_values) {
  for (const TraceNames::Message& message : reader.names().messages) {
    std::vector<std::string> fields;
    for (const std::string& field : message.fields) fields.push_back(json_quoted(printable(field)) + ":");
    fields_.push_back(std::move(fields));
  }
}

std::string_view ValueTexts::text(Word number) {
  if (number == absent_word) return {};
  Kept& kept = kept_[number % kept_values];
  if (kept.number == number) return kept.text;
  raw_.clear();
  append(raw_, static_cast<std::uint32_t>(std::min<Word>(number, 0xffffffffU)), false, {longest, 0});
  if (raw_.size() > longest) {
    raw_.resize(longest);
    raw_ += cut;
  }
  kept.number = number;
  if (plain(raw_)) kept.text = raw_;
  else kept.text = printable(raw_);
  return kept.text;
}

MessageParts ValueTexts::message(Word number) const {
  MessageParts parts;
  const Bytes bytes = reader_.value_bytes(static_cast<std::uint32_t>(std::min<Word>(number, 0xffffffffU)));
  ByteReader in(bytes);
  if (static_cast<ValueTag>(in.byte()) != ValueTag::record || !in.good()) return parts;
  const std::uint64_t record_type = in.varint();
  Word items[message_fields] = {};
  for (Word& item : items) {
    const std::uint64_t back = in.varint();
    item = back == 0 || back >= number ? absent_word : number - back;
  }
  if (!in.good() || in.left() != 0) return parts;
  const auto& messages = reader_.names().messages;
  for (std::uint32_t m = 0; m < messages.size(); ++m) {
    if (messages[m].record_type == record_type) parts.type = m;
  }
  if (parts.type >= messages.size()) return parts;
  parts.id = items[field_id];
  parts.key = items[field_key];
  parts.data = items[field_data];
  return parts;
}

void ValueTexts::append_rare(std::string& out, std::uint32_t number) {
  contents_.forget_when_large();
  out += flowtank::to_text(contents_.pool().value(contents_.word(number)));
}

void ValueTexts::append_items(std::string& out, std::uint32_t number, Bytes rest, bool map, Room room) {
  ByteReader in(rest);
  out.push_back(map ? '{' : '[');
  for (std::size_t i = 0; in.left() != 0 && in.good(); ++i) {
    if (out.size() > room.end || room.depth > deepest) {
      out += cut;
      break;
    }
    if (i != 0) out += map && i % 2 == 1 ? ": " : ", ";
    const std::uint64_t back = in.varint();
    if (back == 0) out += "null";  // as FileRecords has it: what is absent inside a list is null
    else if (back >= number) out += "(damaged)";
    else append(out, static_cast<std::uint32_t>(number - back), true, {room.end, room.depth + 1});
  }
  out.push_back(map ? '}' : ']');
}

void ValueTexts::append(std::string& out, std::uint32_t number, bool nested, Room room) {
  const Bytes bytes = reader_.value_bytes(number);
  ByteReader in(bytes);
  const auto tag = static_cast<ValueTag>(in.byte());
  if (!in.good()) {
    out += "(damaged)";
    return;
  }
  switch (tag) {
    case ValueTag::null: out += "null"; return;
    case ValueTag::no: out += "false"; return;
    case ValueTag::yes: out += "true"; return;
    case ValueTag::int64: Piece(out).number(trace_format::unzigzag(in.varint())); return;
    case ValueTag::uint64: Piece(out).number(in.varint()) << 'u'; return;
    case ValueTag::duration: Piece(out).number(trace_format::unzigzag(in.varint())) << "ns"; return;
    case ValueTag::type: out += in.rest(); return;
    case ValueTag::string:
    case ValueTag::bytes: {
      const std::string_view all = in.rest();
      const std::string_view text = all.substr(0, longest + 1);
      if (!nested && tag == ValueTag::string) {
        out += text;
        return;
      }
      out.push_back('"');
      for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
      }
      out.push_back('"');
      return;
    }
    case ValueTag::list:
    case ValueTag::map: append_items(out, number, bytes.subspan(1), tag == ValueTag::map, room); return;
    case ValueTag::record: {
      in.varint();
      append_items(out, number, bytes.subspan(bytes.size() - in.left()), false, room);
      return;
    }
    default: append_rare(out, number); return;
  }
}

void ValueTexts::append_json_at(std::string& out, std::uint32_t number, Room room) {
  const Bytes bytes = reader_.value_bytes(number);
  ByteReader in(bytes);
  const auto tag = static_cast<ValueTag>(in.byte());
  const bool list = tag == ValueTag::list || tag == ValueTag::record;
  if (in.good() && (tag <= ValueTag::yes || tag == ValueTag::int64 || tag == ValueTag::uint64)) {
    std::string text;
    append(text, number, true, room);
    if (tag == ValueTag::uint64) text.pop_back();
    out += text;
    return;
  }
  if (!in.good() || !list || room.depth > deepest || out.size() > room.end) {
    Piece(out).quoted(text(number));
    return;
  }
  if (tag == ValueTag::record) in.varint();
  out.push_back('[');
  for (bool first = true; in.left() != 0 && in.good(); first = false) {
    if (!first) out.push_back(',');
    const std::uint64_t back = in.varint();
    if (back == 0 || back >= number) out += "null";
    else append_json_at(out, static_cast<std::uint32_t>(number - back), {room.end, room.depth + 1});
  }
  out.push_back(']');
}

void ValueTexts::append_json_value(std::string& out, Word number) {
  if (number == absent_word) out += "null";
  else append_json_at(out, static_cast<std::uint32_t>(std::min<Word>(number, 0xffffffffU)), {out.size() + 16 * longest, 0});
}

void ValueTexts::append_data(std::string& out, const MessageParts& message) {
  const auto number = static_cast<std::uint32_t>(std::min<Word>(message.data, 0xffffffffU));
  ByteReader in(reader_.value_bytes(number));
  const bool record = static_cast<ValueTag>(in.byte()) == ValueTag::record && in.good();
  if (!record || message.type >= fields_.size()) {
    append_json_value(out, message.data);
    return;
  }
  in.varint();
  const std::vector<std::string>& fields = fields_[message.type];
  out.push_back('{');
  bool first = true;
  for (std::size_t i = 0; in.left() != 0 && in.good() && i < fields.size(); ++i) {
    const std::uint64_t back = in.varint();
    if (back == 0 || back >= number) continue;  // a field that the message does not have
    if (!first) out.push_back(',');
    first = false;
    out += fields[i];
    append_json_value(out, number - back);
  }
  out.push_back('}');
}

}  // namespace flowtank::reports
