// SPDX-License-Identifier: Apache-2.0
// A trace as a sequence of arrows and notes between participants: what Mermaid and PlantUML draw. The records choose
// themselves by kind: messages, calls, committed changes, effects and what went wrong; machinery is left out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "reports/export/formats.hpp"

namespace flowtank::reports {

// Which bytes a diagram takes as they are, as a table that is made while this is compiled.
class CharacterSet {
 public:
  constexpr explicit CharacterSet(bool (*holds)(char)) {
    for (int i = 0; i < 256; ++i) holds_[static_cast<std::size_t>(i)] = holds(static_cast<char>(i));
  }
  constexpr bool operator[](char c) const { return holds_[static_cast<unsigned char>(c)]; }

 private:
  std::array<bool, 256> holds_{};
};

struct SequenceLine {
  enum class Kind : std::uint8_t { arrow, answer, lost, note, fault, failure } kind = Kind::note;
  std::uint32_t from = 0;  // participants, by number
  std::uint32_t to = 0;
  std::string text;        // printable
};

class SequenceStory {
 public:
  explicit SequenceStory(Exporting& e);

  // Printable names: clients, services (with their instances), brokers, the environment.
  const std::vector<std::string>& participants() const { return participants_; }
  // Which of them the lines name, walked up to the limit; so that diagrams show no one who does nothing.
  std::vector<bool> used();
  // Calls `each` for every line up to the limit, and counts those beyond. The line is good during the call. False when the trace is damaged.
  bool lines(const std::function<void(const SequenceLine&)>& each);

 private:
  bool line_of(const Record& record, SequenceLine& line);
  std::uint32_t who(const Record& record) const;
  std::uint32_t broker(std::uint32_t channel) const;
  bool note_of(const Record& record, SequenceLine& line);
  void add_message(std::string& text, const Record& record);
  std::uint64_t limit() const;
  bool wanted(const Record& record) const;

  Exporting& e_;
  ExportNames names_;
  std::vector<std::string> participants_;
  std::vector<std::uint32_t> first_;  // by service
  std::uint32_t first_service_ = 0, first_broker_ = 0, environment_ = 0;
};

}  // namespace flowtank::reports
