// SPDX-License-Identifier: Apache-2.0
// What `flowtank trace` is asked for, as data; the command itself is declared with the others in face.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace flowtank::cli {

struct TraceArguments {
  std::string filter;   // CEL over a record; empty: none
  std::optional<std::uint64_t> limit;
  std::string past;     // record or key; empty: not asked
  std::string future;
  std::string state;    // table or "all"
  std::string at;       // record or time
  std::string history;  // TABLE:KEY or TABLE, with the key in `key`
  std::string key;
  std::string against;  // another trace
  bool list = false;    // every record
  bool verify = false;
};

}  // namespace flowtank::cli
