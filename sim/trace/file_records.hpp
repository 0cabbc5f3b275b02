// SPDX-License-Identifier: Apache-2.0
// The records of a trace file with contents: values come out of the dictionary into a Pool of their own as they are looked
// at, so that whoever tells stories of a World's trace tells them of a file too.
#pragma once

#include <cstdint>
#include <vector>

#include <sim/base/pool.hpp>

#include "sim/trace/reader.hpp"
#include "sim/trace/trace.hpp"
#include <sim/base/word_index.hpp>

namespace flowtank {

class FileRecords final : public Records {
 public:
  // `reader` outlives this.
  explicit FileRecords(const TraceReader& reader) : reader_(reader) {}

  std::size_t size() const override { return reader_.size(); }
  Record operator[](std::size_t id) const override;
  // The content of a number of the dictionary. What is damaged, or larger than `largest` parts when written out, becomes a
  // text that says so; a file cannot make it grow beyond that.
  Word word(std::uint64_t number) const;
  const Pool& pool() const { return pool_; }
  Pool& pool() { return pool_; }
  const TraceReader& reader() const { return reader_; }

  // Between two records: words given so far become invalid when much was looked at, so that a walk through a large file
  // takes bounded memory.
  void forget_when_large() const;

 private:
  static constexpr std::uint32_t largest = 1U << 16;
  static constexpr int deepest = 100;
  Word parse(std::uint32_t number, int depth, std::uint32_t& size) const;

  const TraceReader& reader_;
  mutable Pool pool_;
  mutable WordIndex known_;         // number -> place in the two below, plus one
  mutable std::vector<Word> words_;
  mutable std::vector<std::uint32_t> sizes_;  // parts when written out
};

}  // namespace flowtank
