// SPDX-License-Identifier: Apache-2.0
// The campaign file: what a campaign is and every block of runs that was made, so that one that was killed goes on where
// it was, and so that shards can be put together. Text, one record a line, only ever appended to; README.md here has the format.
//
// Invariant: a record counts only if it is whole (it ends with its checksum) and begins where its lane has got to; so a
// torn end or a repeated record changes nothing, a damaged line is refused, nothing is lost but what was not written, and nothing counts twice.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/campaign/guided.hpp"
#include "sim/campaign/plan.hpp"
#include "sim/campaign/tally.hpp"

namespace flowtank::campaign {

// The scenario as the user gave it, and the plan.
struct Header {
  std::string scenario;                // path
  std::string scenario_hash;           // of its content, lower case hex
  std::vector<std::string> overrides;  // --set
  std::vector<std::string> models;     // --models
  Plan plan;
};

// Runs of a lane, one after the other.
struct Block {
  std::uint64_t lane = 0;
  std::uint64_t from = 0;   // position in the lane
  std::uint64_t count = 0;
  Tally tally;
  LaneLesson lesson;
};

std::string to_text(const Header& header);  // its lines
std::string to_text(const Block& block);    // one line

struct Record {
  Header header;
  std::vector<std::string> blocks;  // whole lines, not understood yet
  std::size_t whole = 0;            // bytes up to the end of the last whole record; what follows is torn
};
// Nothing and a sentence when it is no campaign file, one of another version, or a line of it was changed.
std::optional<Record> read_record(std::string_view text, std::string& problem);
// False when the line says nothing of this scenario.
bool read_block(std::string_view line, const Tally& like, Block& out);

// Appends to a campaign file. Nobody else may write to it meanwhile: the file is locked.
class RecordFile {
 public:
  RecordFile() = default;
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  // Opens and locks the file; makes it, empty, if it is not there. Gives its text as it was found (empty: new), a torn end
  // included: whoever reads it writes the header or cuts. Nothing and a sentence when that fails, or another process has it.
  std::optional<std::string> open(const std::string& path, std::string& problem);
  bool is_open() const { return file_ >= 0; }
  bool cut(std::size_t bytes, std::string& problem);
  bool append(std::string_view text, std::string& problem);
  void close();

 private:
  int file_ = -1;
  std::string path_;
};

}  // namespace flowtank::campaign
