// SPDX-License-Identifier: Apache-2.0
// What the indices in records mean: the names of a System, and what identifies the run. They stand in the header of a trace
// file, so that it can be read without its scenario.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/hash.hpp>

#include "sim/trace/format.hpp"
#include "sim/trace/level.hpp"

namespace flowtank {

struct TraceNames {
  struct Service { std::string name; std::uint32_t instances = 1; };
  struct Handler { std::string name; std::uint32_t service = 0xffffffffU; std::vector<std::string> steps; };
  struct Table { std::string name, display; std::uint32_t service = 0xffffffffU; std::uint32_t role = 0; std::vector<std::string> columns; };
  struct Message { std::string name; bool command = false; std::uint32_t record_type = 0xffffffffU, data_type = 0xffffffffU; std::vector<std::string> fields; };
  struct Owned { std::string name; std::uint32_t owner = 0xffffffffU; };  // the owner is what the comment below says
  struct Frame { std::uint32_t service = 0xffffffffU, instance = 0; };

  std::string scenario;  // its file, as it was named
  std::string title;
  std::vector<Service> services;
  std::vector<Handler> handlers;
  std::vector<Table> tables;
  std::vector<Message> messages;
  std::vector<std::string> brokers;
  std::vector<Owned> channels;       // owner: broker
  std::vector<Owned> subscriptions;  // name: group; owner: channel; their services follow
  std::vector<std::uint32_t> subscribers;
  std::vector<Owned> timers;         // owner: service
  std::vector<Owned> effects;        // owner: service
  std::vector<Owned> clients;        // owner: service
  std::vector<Owned> faults;         // owner: the service it is aimed at
  std::vector<std::string> fault_kinds;  // by fault: its kind in words
  std::vector<std::string> properties;
  std::vector<Frame> frames;         // where handler runs can be
  std::vector<std::string> broker_kinds;  // by broker, as the scenario names it; empty in files before version 1.1
};

// The fixed part of a header.
struct TraceIdentity {
  Hash128 scenario;          // of the scenario and its models
  std::uint64_t seed = 1;
  TraceLevel level = TraceLevel::normal;
  bool sentences = false;
  bool explored = false;     // a counterexample of an exploration: without time
};

// The header of a file, ending on a multiple of eight bytes.
std::vector<std::byte> encode_header(const TraceIdentity& identity, const TraceNames& names);

struct DecodedHeader {
  TraceIdentity identity;
  TraceNames names;
  std::uint16_t major = 0, minor = 0;
  std::size_t bytes = 0;
};
// Nothing and a sentence in `error` when it is none: too short, damaged, or of a version that cannot be read.
std::optional<DecodedHeader> decode_header(trace_format::Bytes file, std::string& error);

}  // namespace flowtank
