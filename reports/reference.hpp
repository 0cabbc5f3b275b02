// SPDX-License-Identifier: Apache-2.0
// What kinds of faults, properties and brokers there are, from the very tables that the loader and the models
// read: as text for `flowtank explain` and as the pages under scenarios/reference. Nothing is written twice, so
// that what is explained is what is done. Entries come in the order of their tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sim/world/broker.hpp>

namespace flowtank::reports {

enum class Topic : std::uint8_t { fault, property, broker };
inline constexpr Topic all_topics[] = {Topic::fault, Topic::property, Topic::broker};
std::string_view to_text(Topic topic);                 // "fault"
std::optional<Topic> topic_named(std::string_view name);  // also "faults"
std::string_view page_of(Topic topic);                 // "faults.md"

std::vector<std::string> names_of(Topic topic, const BrokerRegistry& brokers);
// One line for each entry.
std::string list_of(Topic topic, const BrokerRegistry& brokers);
// Everything about one entry, in lines of at most `width` characters; nothing when there is no such name. A number of
// the catalogue ("F37") is a name too, of every entry that has it.
std::optional<std::string> explanation(Topic topic, std::string_view name, const BrokerRegistry& brokers, std::size_t width = 100);
// All entries as one page of Markdown.
std::string reference_page(Topic topic, const BrokerRegistry& brokers);

}  // namespace flowtank::reports
