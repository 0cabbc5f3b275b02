// SPDX-License-Identifier: Apache-2.0
// Values of a trace file as text, straight from the bytes of its dictionary: the same words as to_text() of a Value, made
// printable, without building the Value. The latest are kept, so memory is bounded; a value longer than `longest` is cut,
// so a file cannot make an output grow beyond what it holds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sim/trace/file_records.hpp>
#include <sim/trace/reader.hpp>

namespace flowtank::reports {

// The parts of a message, as numbers of the dictionary.
struct MessageParts {
  std::uint32_t type = 0xffffffffU;  // index in TraceNames::messages; none: no message of these
  Word id = absent_word;
  Word key = absent_word;
  Word data = absent_word;
};

class ValueTexts {
 public:
  static constexpr std::size_t longest = 4096;  // bytes

  // `reader` outlives this.
  explicit ValueTexts(const TraceReader& reader);

  // Printable text; empty of an absent value. Good until the next call.
  std::string_view text(Word number);
  // What a message consists of; everything absent when the value is none.
  MessageParts message(Word number) const;
  // Appends the value as JSON: numbers and truth values as such, lists and records as arrays.
  void append_json_value(std::string& out, Word number);
  // The data of a message as a JSON object with the names of its fields.
  void append_data(std::string& out, const MessageParts& message);

 private:
  struct Kept {
    Word number = absent_word;
    std::string text;
  };
  struct Room {
    std::size_t end;  // size of `out` from which nothing more is added
    int depth;
  };
  void append(std::string& out, std::uint32_t number, bool nested, Room room);
  void append_items(std::string& out, std::uint32_t number, trace_format::Bytes rest, bool map, Room room);
  void append_json_at(std::string& out, std::uint32_t number, Room room);
  void append_rare(std::string& out, std::uint32_t number);

  const TraceReader& reader_;
  FileRecords contents_;            // for what is rare
  std::vector<Kept> kept_;          // by number, the latest of those that meet
  std::vector<std::vector<std::string>> fields_;  // by message: JSON strings with a colon
  std::string raw_;
};

}  // namespace flowtank::reports
