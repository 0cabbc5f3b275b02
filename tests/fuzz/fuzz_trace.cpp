// SPDX-License-Identifier: Apache-2.0
// A trace file of any bytes: opened, and every record and value of it looked up once.
#include <algorithm>

#include <sim/trace/reader.hpp>

#include "tests/fuzz/target.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace flowtank;
  Diagnostics diagnostics;
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  const auto reader = TraceReader::of_bytes({bytes, size}, "a.trace", diagnostics);
  fuzz::demand_good(diagnostics, {});
  if (!reader) return 0;
  constexpr std::size_t most = 10'000;
  for (std::size_t i = 0; i < std::min(reader->size(), most); ++i) {
    const auto id = static_cast<RecordId>(i);
    fuzz::demand(reader->chunk_of(id) < reader->chunks().size(), "a record in no chunk");
    fuzz::demand(reader->record(id).id == id, "a record with the id of another");
  }
  for (std::uint32_t v = 0; v < std::min<std::uint32_t>(reader->values(), most); ++v) (void)reader->value_bytes(v);
  return 0;
}
