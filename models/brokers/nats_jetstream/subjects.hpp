// SPDX-License-Identifier: Apache-2.0
// Subjects: words separated by dots. In a pattern `*` stands for one word and `>` for one or more at the end. Comparison is
// exact and case sensitive; an empty word never matches `*`, since the server refuses such subjects.
#pragma once

#include <string_view>

namespace flowtank::nats {

// Is it a subject that may be published to, or a pattern that may be subscribed?
bool is_subject(std::string_view text);
bool is_pattern(std::string_view text);

bool matches(std::string_view pattern, std::string_view subject);
// Is there a subject that both match?
bool overlap(std::string_view a, std::string_view b);
// Does `outer` match whatever `inner` matches?
bool is_subset(std::string_view inner, std::string_view outer);

}  // namespace flowtank::nats
