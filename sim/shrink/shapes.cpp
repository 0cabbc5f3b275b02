// SPDX-License-Identifier: Apache-2.0
// Reads descriptions of actions from left to right; whatever it does not know stays part of the shape.
#include "sim/shrink/shapes.hpp"

namespace flowtank::shrinking {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool of_id(char c) { return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// "(KEY)#ID" ends at the `#` found: where its bracket opens; npos when it is no message.
std::size_t opening(std::string_view text, std::size_t hash) {
  if (hash == 0 || text[hash - 1] != ')') return std::string_view::npos;
  std::size_t depth = 0;
  for (std::size_t i = hash; i-- > 0;) {
    if (text[i] == ')') ++depth;
    if (text[i] == '(' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

// "payment/1.2 " without instance and slot.
std::string without_places(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '/' && i > 0 && i + 1 < text.size() && digit(text[i + 1])) {
      std::size_t end = i + 1;
      while (end < text.size() && digit(text[end])) ++end;
      if (end + 1 < text.size() && text[end] == '.' && digit(text[end + 1])) {
        ++end;
        while (end < text.size() && digit(text[end])) ++end;
      }
      if (end == text.size() || text[end] == ' ') {
        i = end;
        continue;
      }
    }
    out += text[i++];
  }
  const std::size_t copy = out.rfind(" copy ");
  if (copy != std::string::npos && out.find_first_not_of("0123456789", copy + 6) == std::string::npos) out.resize(copy);
  return out;
}

// Messages become "TYPE(*)#*".
std::string without_messages(std::string_view text, std::vector<std::string>& names) {
  std::string out;
  std::size_t from = 0;
  for (std::size_t hash = text.find('#'); hash != std::string_view::npos; hash = text.find('#', hash + 1)) {
    const std::size_t open = opening(text, hash);
    if (open == std::string_view::npos || open < from) continue;
    std::size_t end = hash + 1;
    while (end < text.size() && of_id(text[end])) ++end;
    out += text.substr(from, open - from);
    out += "(*)#*";
    if (hash - open > 2) names.emplace_back(text.substr(open + 1, hash - open - 2));
    names.emplace_back(text.substr(hash + 1, end - hash - 1));
    from = end;
  }
  out += text.substr(from);
  return out;
}

// "session users 3 pass 0 read": the session is a name.
std::string without_session(std::string_view text, const std::string& client, std::vector<std::string>& names) {
  const std::size_t at = text.find(client + " ");
  if (at == std::string_view::npos) return std::string(text);
  const std::size_t begin = at + client.size() + 1;
  std::size_t end = begin;
  while (end < text.size() && digit(text[end])) ++end;
  names.emplace_back(client + " " + std::string(text.substr(begin, end - begin)));
  return std::string(text.substr(0, begin)) + "*" + std::string(text.substr(end));
}

}  // namespace

void form_of(const World& world, const Action& action, std::string_view text, std::string& shape, std::vector<std::string>& names) {
  const System& system = world.system();
  const bool of_client = action.kind == ActionKind::client_send || action.kind == ActionKind::client_retry;
  if (of_client && !system.clients[action.a].script.empty()) {
    shape = without_session(text, system.clients[action.a].name, names);
  } else if (action.kind == ActionKind::client_send) {
    shape = "send " + system.clients[action.a].name;
  } else if (action.kind == ActionKind::timer_fire || action.kind == ActionKind::fault_timer) {
    const std::string timer = "timer " + system.timers[action.a].name + " ";
    const std::size_t at = text.find(timer);
    shape = std::string(text.substr(0, at)) + timer;
    if (at != std::string_view::npos) names.emplace_back(text.substr(at + timer.size()));
  } else {
    shape = without_places(without_messages(text, names));
  }
}

}  // namespace flowtank::shrinking
