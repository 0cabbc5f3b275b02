// SPDX-License-Identifier: Apache-2.0
// A trace file of any bytes: opened, every record and value looked up, and shown as `flowtank trace` shows it. A checksum
// would keep nearly all bytes out, and whoever wants to harm writes a right one: so the bytes are signed again first,
// and looked at both ways.
#include <algorithm>
#include <vector>

#include <reports/text.hpp>
#include <reports/trace_view.hpp>
#include <sim/trace/format.hpp>
#include <sim/trace/reader.hpp>

#include "tests/fuzz/target.hpp"

namespace {

using namespace flowtank;
using namespace flowtank::trace_format;

constexpr std::size_t most = 2'000;

// Right checksums for the header, for each chunk that follows it and for the footer, wherever they can be found.
void sign(std::vector<std::byte>& file) {
  const auto sign_part = [&](std::size_t from, std::size_t at, std::size_t begin, std::size_t end) {
    if (from + begin <= from + end && from + end <= file.size()) put(file.data() + from + at, checksum(Bytes(file).subspan(from + begin, end - begin)));
  };
  if (file.size() < header_bytes || get<std::uint64_t>(file.data()) != file_magic) return;
  const std::size_t header = get<std::uint32_t>(file.data() + 12);
  if (header < 24) return;
  sign_part(0, 16, 24, header);
  std::size_t at = header;
  while (at + chunk_header_bytes <= file.size()) {
    const auto magic = get<std::uint32_t>(file.data() + at);
    const std::size_t bytes = get<std::uint32_t>(file.data() + at + 4);
    if ((magic != chunk_magic && magic != footer_magic) || bytes < 16) return;
    sign_part(at, 8, 16, bytes);
    at += bytes;
  }
}

void demand_page(const std::string& page) {
  for (std::size_t from = 0; from < page.size();) {
    const std::size_t end = std::min(page.find('\n', from), page.size());
    const std::string line = page.substr(from, end - from);
    fuzz::demand(reports::printable(line) == line, "a control character in what a trace holds");
    from = end + 1;
  }
}

void look_at(std::span<const std::byte> bytes) {
  Diagnostics diagnostics;
  const auto reader = TraceReader::of_bytes(bytes, "a.trace", diagnostics);
  fuzz::demand_good(diagnostics, {});
  if (!reader) return;
  for (std::size_t i = 0; i < std::min(reader->size(), most); ++i) {
    const auto id = static_cast<RecordId>(i);
    fuzz::demand(reader->chunk_of(id) < reader->chunks().size(), "a record in no chunk");
    fuzz::demand(reader->record(id).id == id, "a record with the id of another");
  }
  for (std::uint32_t v = 0; v < std::min<std::uint32_t>(reader->values(), most); ++v) (void)reader->value_bytes(v);
  reader->verify();
  const reports::TraceView view(*reader);
  std::string error;
  Diagnostics none;
  const auto filter = view.filter("type == 'OrderPlaced' || before == detail || data == key || place + step + handler == service", error, none);
  fuzz::demand(filter.has_value(), "the fixed filter is one");
  view.list(*filter, 100, false, [](std::string_view text) { demand_page(std::string(text)); });
  for (const bool json : {false, true}) {
    demand_page(view.summary(json));
    view.list({}, 100, json, [](std::string_view text) { demand_page(std::string(text)); });
    if (reader->size() == 0) continue;
    const auto last = static_cast<RecordId>(reader->size() - 1);
    demand_page(view.past(last, 100, json));
    demand_page(view.future(0, 100, json));
    if (reader->components() < most) demand_page(view.state(std::nullopt, last, json));
    if (!view.system().tables.empty()) demand_page(view.history(0, "o-1", json));
  }
  fuzz::demand_good(reader->problems(), {});
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  look_at({bytes, size});
  std::vector<std::byte> again(bytes, bytes + size);
  sign(again);
  if (!std::equal(again.begin(), again.end(), bytes)) look_at(again);
  return 0;
}
