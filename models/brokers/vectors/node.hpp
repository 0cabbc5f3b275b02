// SPDX-License-Identifier: Apache-2.0
// Small helpers to make and to print the JSON trees that vectors consist of. Printing is safe for a terminal: control
// characters are escaped whatever a vector holds.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sim/scenario/json_reader.hpp>

namespace flowtank::vectors {

JsonNode node(std::int64_t value);
JsonNode node(std::string_view value);
JsonNode node(std::vector<JsonNode> items);
JsonNode null_node();
JsonNode object(std::initializer_list<std::pair<std::string_view, JsonNode>> members);
void put(JsonNode& object, std::string_view key, JsonNode value);

// On one line, members in the order of the tree; longer texts end in "...".
std::string to_text(const JsonNode& node, std::size_t most = 400);

// Equal as JSON: 1 equals 1.0; the order of members does not count.
bool equal(const JsonNode& a, const JsonNode& b);

// A member of an object: its text (numbers and booleans as they are written), or `otherwise`.
std::string text_of(const JsonNode& object, std::string_view key, std::string_view otherwise = {});
std::int64_t whole_of(const JsonNode& object, std::string_view key, std::int64_t otherwise);

}  // namespace flowtank::vectors
