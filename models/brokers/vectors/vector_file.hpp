// SPDX-License-Identifier: Apache-2.0
// A vector: client actions against a broker and what was observed, recorded on the real product or derived from its
// documentation (format broker-vector/1, see README.md). Reading checks the form alone; what an op means is the
// driver's business.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sim/base/diagnostic.hpp>
#include <sim/scenario/json_reader.hpp>

namespace flowtank::vectors {

struct Step {
  std::int64_t n = 0;
  std::string op;
  JsonNode node;  // the whole object
};

// What is done to the product; all that a driver is given.
struct Script {
  std::string file;
  std::string id;
  std::string broker;
  std::string version;
  // Written by hand from documentation: it names what its rule is about and leaves the rest unsaid. A recorded one lists
  // everything that came.
  bool derived = false;
  std::vector<Step> setup;
  std::vector<Step> steps;
};

// A script and what was observed when it was played. Only who judges holds one.
struct VectorFile : Script {
  std::map<std::int64_t, std::vector<JsonNode>> observed;  // by the step after which it was, without "step"
};

// Diagnostics (FT-VEC-001 to 006) with position when the text is no vector; never throws.
std::optional<VectorFile> parse_vector(const std::string& name, std::string text, Diagnostics& diagnostics);
std::optional<VectorFile> read_vector(const std::string& path, Diagnostics& diagnostics);

}  // namespace flowtank::vectors
