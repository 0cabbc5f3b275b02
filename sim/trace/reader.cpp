// SPDX-License-Identifier: Apache-2.0
// See reader.hpp. The index is checked when the file is opened, a chunk when it is first looked at.
#include "sim/trace/reader.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace flowtank {

using namespace trace_format;  // NOLINT: the words of the format

namespace {

Diagnostic problem(Severity severity, std::string code, const std::string& file, std::string message, std::string hint = "") {
  Diagnostic d;
  d.severity = severity;
  d.code = std::move(code);
  d.file = file;
  d.message = std::move(message);
  d.hint = std::move(hint);
  return d;
}

}  // namespace

std::unique_ptr<TraceReader> TraceReader::open(const std::string& path, Diagnostics& diagnostics) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status {};
  if (file < 0 || ::fstat(file, &status) != 0 || S_ISDIR(status.st_mode)) {
    const int error = file >= 0 && S_ISDIR(status.st_mode) ? EISDIR : errno;
    if (file >= 0) ::close(file);
    diagnostics.add(problem(Severity::error, "FT-FILE-001", path, fmt::format("cannot read the file: {}", std::strerror(error))));
    return nullptr;
  }
  std::unique_ptr<TraceReader> reader(new TraceReader);
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size != 0) {
    reader->mapped_ = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (reader->mapped_ == MAP_FAILED) reader->mapped_ = nullptr;
  }
  ::close(file);
  if (size != 0 && reader->mapped_ == nullptr) {
    diagnostics.add(problem(Severity::error, "FT-FILE-001", path, "the file cannot be mapped into memory"));
    return nullptr;
  }
  return reader->start({static_cast<const std::byte*>(reader->mapped_), size}, path, diagnostics) ? std::move(reader) : nullptr;
}

std::unique_ptr<TraceReader> TraceReader::of_bytes(Bytes bytes, const std::string& name, Diagnostics& diagnostics) {
  std::unique_ptr<TraceReader> reader(new TraceReader);
  return reader->start(bytes, name, diagnostics) ? std::move(reader) : nullptr;
}

std::unique_ptr<TraceReader> TraceReader::follow(const LiveTrace& live) {
  std::unique_ptr<TraceReader> reader(new TraceReader);
  Diagnostics ignored;
  reader->start(live.header(), "live", ignored);
  reader->live_ = &live;
  reader->refresh();
  return reader;
}

TraceReader::~TraceReader() {
  if (mapped_ != nullptr) ::munmap(mapped_, file_.size());
}

void TraceReader::refresh() {
  if (live_ == nullptr) return;
  for (std::size_t next = chunks_.size(); next < live_->published(); ++next) {
    const Bytes chunk = live_->published_chunk(next);
    add_chunk(chunk.data(), chunk.size(), 0);
  }
}

bool TraceReader::start(Bytes bytes, const std::string& name, Diagnostics& diagnostics) {
  name_ = name;
  file_ = bytes;
  std::string error;
  auto header = decode_header(bytes, error);
  if (!header) {
    const bool version = error.find("version") != std::string::npos;
    diagnostics.add(problem(Severity::error, version ? "FT-TRACE-002" : "FT-TRACE-001", name, error,
                            version ? "A newer Flowtank wrote it; read it with that one." : "flowtank run SCENARIO --trace FILE.ftrace writes one."));
    return false;
  }
  header_ = std::move(*header);
  has_states_ = header_.identity.level == TraceLevel::full;
  if (read_footer()) return true;
  chunks_.clear();
  known_.clear();
  records_ = values_ = components_ = 0;
  end_.reset();
  scan();
  if (bytes.size() > header_.bytes || chunks_.empty()) {
    const std::uint64_t used = chunks_.empty() ? header_.bytes : chunks_.back().offset + chunks_.back().bytes;
    diagnostics.add(problem(Severity::warning, "FT-TRACE-003", name,
                            fmt::format("the trace has no end: whoever wrote it was stopped, or the file was cut; {} records can be read", records_),
                            used < bytes.size() ? fmt::format("The last {} bytes are no whole chunk.", bytes.size() - used) : ""));
  }
  return true;
}

// The footer is believed where it agrees with the chunks it names: each chunk is compared with its entry when looked at.
bool TraceReader::read_footer() {
  if (file_.size() < header_.bytes + footer_header_bytes + tail_bytes) return false;
  const std::byte* tail = file_.data() + file_.size() - tail_bytes;
  const auto offset = get<std::uint64_t>(tail);
  const auto bytes = get<std::uint64_t>(tail + 8);
  if (get<std::uint64_t>(tail + 16) != end_magic || offset < header_.bytes || offset > file_.size() - tail_bytes) return false;
  if (bytes != file_.size() - tail_bytes - offset || bytes < footer_header_bytes) return false;
  const std::byte* h = file_.data() + offset;
  const auto count = get<std::uint32_t>(h + 32);
  if (get<std::uint32_t>(h) != footer_magic || get<std::uint32_t>(h + 4) != bytes || bytes != footer_header_bytes + std::uint64_t{count} * index_entry_bytes) return false;
  if (checksum(file_.subspan(offset + 16, bytes - 16)) != get<std::uint64_t>(h + 8)) return false;
  std::uint64_t at = header_.bytes;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::byte* e = h + footer_header_bytes + i * index_entry_bytes;
    ChunkPlace place;
    place.offset = get<std::uint64_t>(e);
    place.bytes = get<std::uint32_t>(e + 8);
    place.first = get<std::uint32_t>(e + 12);
    place.records = get<std::uint32_t>(e + 16);
    place.keyframe = (get<std::uint32_t>(e + 20) & chunk_has_keyframe) != 0;
    place.first_time = Time(get<std::int64_t>(e + 24));
    place.last_time = Time(get<std::int64_t>(e + 32));
    place.first_value = get<std::uint32_t>(e + 40);
    place.first_component = get<std::uint32_t>(e + 44);
    place.kinds = get<std::uint64_t>(e + 48);
    place.deltas = get<std::uint32_t>(e + 56);
    const bool follows = place.offset == at && place.bytes >= chunk_header_bytes && place.bytes <= offset - at && place.first == records_ &&
                         place.records != 0 && place.records <= chunk_records &&
                         (chunks_.empty() || has_room(chunks_.back(), place.first_value, place.first_component));
    if (!follows) return false;
    place.data = file_.data() + at;
    at += place.bytes;
    records_ += place.records;
    chunks_.push_back(place);
  }
  if (at != offset || records_ != get<std::uint64_t>(h + 24)) return false;
  known_.assign(chunks_.size(), Known::nothing);
  values_ = get<std::uint32_t>(h + 56);
  components_ = get<std::uint32_t>(h + 60);
  if (chunks_.empty() ? values_ != 0 || components_ != 0 : !has_room(chunks_.back(), values_ + std::uint64_t{1}, components_)) return false;
  running_ = get<std::uint64_t>(h + 40);
  end_ = TraceEnd{get<std::uint64_t>(h + 16), get<std::uint64_t>(h + 48), static_cast<std::uint8_t>(h[36])};
  return true;
}

// Values and components need a byte each in the chunk that brings them: a small file cannot promise many.
bool TraceReader::has_room(const ChunkPlace& chunk, std::uint64_t next_value, std::uint64_t next_component) {
  return next_value >= chunk.first_value && next_value - chunk.first_value <= chunk.bytes && next_component >= chunk.first_component &&
         next_component - chunk.first_component <= chunk.bytes;
}

bool TraceReader::add_chunk(const std::byte* at, std::size_t left, std::uint64_t offset) {
  if (left < chunk_header_bytes || get<std::uint32_t>(at) != chunk_magic) return false;
  ChunkPlace place;
  place.bytes = get<std::uint32_t>(at + 4);
  place.offset = offset;
  if (place.bytes < chunk_header_bytes || place.bytes > left || place.bytes % 8 != 0) return false;
  place.first = get<std::uint32_t>(at + 20);
  place.records = get<std::uint32_t>(at + 24);
  place.first_time = Time(get<std::int64_t>(at + 32));
  place.last_time = Time(get<std::int64_t>(at + 40));
  place.first_value = get<std::uint32_t>(at + 48);
  place.first_component = get<std::uint32_t>(at + 56);
  place.deltas = get<std::uint32_t>(at + 64);
  place.keyframe = (get<std::uint32_t>(at + 72) & chunk_has_keyframe) != 0;
  place.kinds = get<std::uint64_t>(at + 80);
  place.data = at;
  if (get<std::uint32_t>(at + 16) != chunks_.size() || place.first != records_ || place.records == 0 || place.records > chunk_records ||
      place.first_value != values_ + 1 || place.first_component != components_) {
    return false;
  }
  records_ += place.records;
  values_ += std::min<std::uint32_t>(get<std::uint32_t>(at + 52), place.bytes);
  components_ += std::min<std::uint32_t>(get<std::uint32_t>(at + 60), place.bytes);
  chunks_.push_back(place);
  known_.push_back(Known::nothing);
  return true;
}

// Without a footer: chunk after chunk, as far as they are whole.
void TraceReader::scan() {
  std::size_t at = header_.bytes;
  while (add_chunk(file_.data() + at, file_.size() - at, at)) {
    if (!readable(chunks_.size() - 1)) {
      problems_ = Diagnostics();  // the caller is told once, how far it goes
      const ChunkPlace place = chunks_.back();
      chunks_.pop_back();
      known_.pop_back();
      records_ = place.first;
      values_ = place.first_value - 1;
      components_ = place.first_component;
      return;
    }
    at += chunks_.back().bytes;
  }
}

void TraceReader::damaged(std::size_t chunk) const {
  known_[chunk] = Known::damaged;
  const ChunkPlace& place = chunks_[chunk];
  problems_.add(problem(Severity::error, "FT-TRACE-004", name_,
                        fmt::format("chunk {} of the trace is damaged: records {} to {} cannot be read", chunk, place.first, place.first + place.records - 1)));
}

bool TraceReader::readable(std::size_t chunk) const {
  if (known_[chunk] == Known::nothing) {
    const ChunkPlace& place = chunks_[chunk];
    const Bytes bytes(place.data, place.bytes);
    Opened columns;
    const bool whole = get<std::uint32_t>(place.data) == chunk_magic && get<std::uint32_t>(place.data + 4) == place.bytes &&
                       get<std::uint32_t>(place.data + 16) == chunk && get<std::uint32_t>(place.data + 20) == place.first &&
                       get<std::uint32_t>(place.data + 24) == place.records && get<std::uint32_t>(place.data + 48) == place.first_value &&
                       get<std::uint32_t>(place.data + 56) == place.first_component && get<std::uint32_t>(place.data + 64) == place.deltas &&
                       checksum(bytes.subspan(16)) == get<std::uint64_t>(place.data + 8) && open_columns(chunk, columns);
    if (whole) known_[chunk] = Known::whole;
    else damaged(chunk);
  }
  return known_[chunk] == Known::whole;
}

bool TraceReader::open_columns(std::size_t chunk, Opened& out) const {
  const ChunkPlace& place = chunks_[chunk];
  const std::byte* h = place.data;
  const std::size_t count = get<std::uint32_t>(h + 28);
  if (count < columns || count > (place.bytes - chunk_header_bytes) / column_entry_bytes) return false;
  out.chunk = chunk;
  out.values = get<std::uint32_t>(h + 52);
  out.components = get<std::uint32_t>(h + 60);
  out.deltas = get<std::uint32_t>(h + 64);
  out.held = get<std::uint32_t>(h + 68);
  // Each needs a byte somewhere, so that a small file cannot promise much.
  if (out.values > place.bytes || out.components > place.bytes || out.deltas > place.bytes || out.held > place.bytes) return false;
  const auto length = [&](std::size_t id) -> std::size_t {
    if (id < static_cast<std::size_t>(ColumnId::value_end)) return place.records;
    if (id == static_cast<std::size_t>(ColumnId::value_end)) return out.values;
    if (id < static_cast<std::size_t>(ColumnId::delta_record)) return out.components;
    return id < static_cast<std::size_t>(ColumnId::held_component) ? out.deltas : out.held;
  };
  const std::size_t begin = chunk_header_bytes + count * column_entry_bytes;
  for (std::size_t id = 0; id < columns; ++id) {
    const std::byte* e = h + chunk_header_bytes + id * column_entry_bytes;
    const auto least = get<std::uint64_t>(e);
    const std::size_t offset = get<std::uint32_t>(e + 8);
    const unsigned width = get<std::uint32_t>(e + 12);
    if (width > 8 || offset < begin || offset > place.bytes - slack_bytes) return false;
    const std::size_t room = place.bytes - slack_bytes - offset;
    if (id == static_cast<std::size_t>(ColumnId::value_bytes)) {
      if (least > room) return false;
      out.value_bytes = static_cast<std::uint32_t>(least);
      out.blob = h + offset;
      continue;
    }
    if (width * length(id) > room) return false;
    out.column[id] = {h + offset, least, width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * width) - 1, width};
  }
  return out.values <= out.value_bytes;
}

const TraceReader::Opened* TraceReader::opened(std::size_t chunk) const {
  for (const Opened& known : opened_) {
    if (known.chunk == chunk) return &known;
  }
  if (!readable(chunk)) return nullptr;
  Opened& out = opened_[next_opened_++ % opened_.size()];
  open_columns(chunk, out);
  return &out;
}

std::size_t TraceReader::chunk_of(RecordId id) const {
  const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), id, [](RecordId i, const ChunkPlace& place) { return i < place.first; });
  return static_cast<std::size_t>(after - chunks_.begin()) - 1;
}

Record TraceReader::record_in(const Opened& chunk, const ChunkPlace& place, std::size_t at) const {
  const auto column = [&](ColumnId id) { return chunk.column[static_cast<std::size_t>(id)][at]; };
  Record r;
  r.id = place.first + static_cast<RecordId>(at);
  r.time = Time(static_cast<std::int64_t>(column(ColumnId::time) + static_cast<std::uint64_t>(place.first_time.nanoseconds())));
  r.kind = static_cast<RecordKind>(column(ColumnId::kind));
  r.outcome = static_cast<Outcome>(column(ColumnId::outcome));
  r.service = static_cast<std::uint16_t>(column(ColumnId::service) - 1);
  r.instance = static_cast<std::uint16_t>(column(ColumnId::instance));
  r.handler = static_cast<std::uint16_t>(column(ColumnId::handler) - 1);
  r.step = static_cast<std::uint32_t>(column(ColumnId::step) - 1);
  r.place = static_cast<std::uint32_t>(column(ColumnId::place) - 1);
  r.subject = column(ColumnId::subject);
  r.key = column(ColumnId::key);
  r.before = column(ColumnId::before);
  r.detail = column(ColumnId::detail);
  r.says = column(ColumnId::says);
  const auto parent = [&](ColumnId id) {
    const std::uint64_t back = column(id);
    return back == 0 || back > r.id ? no_record : static_cast<RecordId>(r.id - back);
  };
  r.parent = parent(ColumnId::parent);
  r.other_parent = parent(ColumnId::other_parent);
  return r;
}

Record TraceReader::record(RecordId id) const {
  Record nothing;
  nothing.id = id;
  if (id >= records_) return nothing;
  const std::size_t chunk = chunk_of(id);
  const Opened* columns_of = opened(chunk);
  return columns_of == nullptr ? nothing : record_in(*columns_of, chunks_[chunk], id - chunks_[chunk].first);
}

std::size_t TraceReader::count_until(Time time) const {
  const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), time, [](Time t, const ChunkPlace& place) { return t < place.first_time; });
  if (after == chunks_.begin()) return 0;
  const ChunkPlace& place = *std::prev(after);
  std::size_t low = 0, high = place.records;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (record(place.first + static_cast<RecordId>(middle)).time <= time) low = middle + 1;
    else high = middle;
  }
  return place.first + low;
}

Bytes TraceReader::value_bytes(std::uint32_t number) const {
  if (number == 0 || number > values_ || chunks_.empty()) return {};
  const auto after = std::upper_bound(chunks_.begin(), chunks_.end(), number, [](std::uint32_t n, const ChunkPlace& place) { return n < place.first_value; });
  if (after == chunks_.begin()) return {};
  const auto chunk = static_cast<std::size_t>(after - chunks_.begin()) - 1;
  const Opened* at = opened(chunk);
  const std::uint32_t index = number - chunks_[chunk].first_value;
  if (at == nullptr || index >= at->values) return {};
  const Column& ends = at->column[static_cast<std::size_t>(ColumnId::value_end)];
  const std::uint64_t begin = index == 0 ? 0 : ends[index - 1], end = ends[index];
  if (begin > end || end > at->value_bytes) return {};
  return {at->blob + begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace flowtank
