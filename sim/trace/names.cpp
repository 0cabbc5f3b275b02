// SPDX-License-Identifier: Apache-2.0
// Writing and reading the header. One description of the names (visit) serves both, so that they cannot differ.
#include "sim/trace/names.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/trace/trace.hpp"
#include "sim/trace/varint.hpp"

namespace flowtank {
namespace {

using namespace trace_format;  // NOLINT: the words of the format

class NameWriter {
 public:
  std::vector<std::byte> out;
  void operator()(const std::string& text) {
    put_varint(out, text.size());
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    out.insert(out.end(), bytes, bytes + text.size());
  }
  void operator()(const std::uint32_t& number) { put_varint(out, (std::uint64_t{number} + 1) & 0xffffffffU); }
  void operator()(const bool& flag) { put_varint(out, flag ? 1 : 0); }
  template <typename T>
  void operator()(const std::vector<T>& list);
  template <typename T>
  void later(const T& thing) { (*this)(thing); }
};

class NameReader {
 public:
  explicit NameReader(Bytes bytes) : in(bytes) {}
  ByteReader in;
  void operator()(std::string& text) { text = std::string(in.text(in.count())); }
  void operator()(std::uint32_t& number) { number = static_cast<std::uint32_t>(in.varint()) - 1; }
  void operator()(bool& flag) { flag = in.varint() != 0; }
  template <typename T>
  void operator()(std::vector<T>& list);
  // What a later minor version added behind everything else: an older file ends before it.
  template <typename T>
  void later(T& thing) {
    if (in.good() && in.left() != 0) (*this)(thing);
  }
};

template <typename Archive, typename T>
void visit(Archive& archive, T& thing) {
  using Thing = std::remove_const_t<T>;
  if constexpr (std::is_same_v<Thing, TraceNames::Service>) {
    archive(thing.name);
    archive(thing.instances);
  } else if constexpr (std::is_same_v<Thing, TraceNames::Handler>) {
    archive(thing.name);
    archive(thing.service);
    archive(thing.steps);
  } else if constexpr (std::is_same_v<Thing, TraceNames::Table>) {
    archive(thing.name);
    archive(thing.display);
    archive(thing.service);
    archive(thing.role);
    archive(thing.columns);
  } else if constexpr (std::is_same_v<Thing, TraceNames::Message>) {
    archive(thing.name);
    archive(thing.command);
    archive(thing.record_type);
    archive(thing.data_type);
    archive(thing.fields);
  } else if constexpr (std::is_same_v<Thing, TraceNames::Owned>) {
    archive(thing.name);
    archive(thing.owner);
  } else if constexpr (std::is_same_v<Thing, TraceNames::Frame>) {
    archive(thing.service);
    archive(thing.instance);
  } else if constexpr (std::is_same_v<Thing, TraceNames>) {
    archive(thing.scenario);
    archive(thing.title);
    archive(thing.services);
    archive(thing.handlers);
    archive(thing.tables);
    archive(thing.messages);
    archive(thing.brokers);
    archive(thing.channels);
    archive(thing.subscriptions);
    archive(thing.subscribers);
    archive(thing.timers);
    archive(thing.effects);
    archive(thing.clients);
    archive(thing.faults);
    archive(thing.fault_kinds);
    archive(thing.properties);
    archive(thing.frames);
    archive.later(thing.broker_kinds);
  } else {
    archive(thing);
  }
}

template <typename T>
void NameWriter::operator()(const std::vector<T>& list) {
  put_varint(out, list.size());
  for (const T& item : list) visit(*this, item);
}

template <typename T>
void NameReader::operator()(std::vector<T>& list) {
  const std::uint64_t size = in.count();
  for (std::uint64_t i = 0; i < size && in.good(); ++i) {
    list.emplace_back();
    visit(*this, list.back());
  }
}

}  // namespace

std::vector<std::byte> encode_header(const TraceIdentity& identity, const TraceNames& names) {
  NameWriter writer;
  visit(writer, names);
  std::vector<std::byte> out((header_bytes + writer.out.size() + 7) & ~std::size_t{7});
  put(out.data(), file_magic);
  put(out.data() + 8, major_version);
  put(out.data() + 10, minor_version);
  put(out.data() + 24, identity.scenario.lo);
  put(out.data() + 32, identity.scenario.hi);
  put(out.data() + 40, identity.seed);
  out[48] = static_cast<std::byte>(identity.level);
  out[49] = static_cast<std::byte>((identity.sentences ? flag_sentences : 0) | (kinds_of(identity.level) == all_kinds ? flag_deltas : 0));
  out[50] = static_cast<std::byte>(identity.explored ? 1 : 0);
  put(out.data() + 52, static_cast<std::uint32_t>(chunk_records));
  put(out.data() + 56, static_cast<std::uint32_t>(writer.out.size()));
  std::copy(writer.out.begin(), writer.out.end(), out.begin() + header_bytes);
  put(out.data() + 12, static_cast<std::uint32_t>(out.size()));
  put(out.data() + 16, checksum(Bytes(out).subspan(24)));
  return out;
}

std::optional<DecodedHeader> decode_header(Bytes file, std::string& error) {
  if (file.size() < 12 || get<std::uint64_t>(file.data()) != file_magic) {
    error = "this is no trace of Flowtank";
    return std::nullopt;
  }
  DecodedHeader header;
  header.major = get<std::uint16_t>(file.data() + 8);
  header.minor = get<std::uint16_t>(file.data() + 10);
  if (header.major != major_version) {
    error = fmt::format("the trace has version {}.{} of the format; this Flowtank reads {}.x", header.major, header.minor, major_version);
    return std::nullopt;
  }
  header.bytes = file.size() < header_bytes ? 0 : get<std::uint32_t>(file.data() + 12);
  if (header.bytes < header_bytes || header.bytes > file.size()) {
    error = "the trace ends within its header";
    return std::nullopt;
  }
  const Bytes all = file.first(header.bytes);
  const std::size_t names = get<std::uint32_t>(all.data() + 56);
  if (checksum(all.subspan(24)) != get<std::uint64_t>(all.data() + 16) || names > header.bytes - header_bytes) {
    error = "the header of the trace is damaged";
    return std::nullopt;
  }
  const auto level = static_cast<std::uint8_t>(all[48]);
  header.identity.scenario = {get<std::uint64_t>(all.data() + 24), get<std::uint64_t>(all.data() + 32)};
  header.identity.seed = get<std::uint64_t>(all.data() + 40);
  header.identity.level = static_cast<TraceLevel>(std::min<std::uint8_t>(level, 3));
  header.identity.sentences = (static_cast<std::uint8_t>(all[49]) & flag_sentences) != 0;
  header.identity.explored = static_cast<std::uint8_t>(all[50]) == 1;
  NameReader reader(all.subspan(header_bytes, names));
  visit(reader, header.names);
  if (!reader.in.good()) {
    error = "the names in the header of the trace make no sense";
    return std::nullopt;
  }
  return header;
}

}  // namespace flowtank
