// SPDX-License-Identifier: Apache-2.0
// See exchange.hpp. Alternate exchanges and bindings between exchanges may form circles; each exchange is asked once.
#include "models/brokers/rabbitmq/exchange.hpp"

#include <algorithm>

namespace flowtank::rabbitmq {
namespace {

std::vector<std::string_view> words_of(std::string_view key) {
  std::vector<std::string_view> words;
  if (key.empty()) return words;  // RMQ-EX-1: no words
  for (std::size_t at = 0; at <= key.size();) {
    const std::size_t end = std::min(key.find('.', at), key.size());
    words.push_back(key.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

bool same_binding(const Binding& a, const Binding& b) {
  return a.destination == b.destination && a.to_exchange == b.to_exchange && a.key == b.key &&
         std::equal(a.arguments.begin(), a.arguments.end(), b.arguments.begin(), b.arguments.end(), [](const Header& x, const Header& y) {
           return x.name == y.name && x.kind == y.kind && x.text == y.text;
         });
}

}  // namespace

std::optional<ExchangeType> exchange_type(std::string_view name) {
  for (const ExchangeType type : {ExchangeType::direct, ExchangeType::fanout, ExchangeType::topic, ExchangeType::headers}) {
    if (to_text(type) == name) return type;
  }
  return std::nullopt;
}

std::string_view to_text(ExchangeType type) {
  switch (type) {
    case ExchangeType::direct: return "direct";
    case ExchangeType::fanout: return "fanout";
    case ExchangeType::topic: return "topic";
    case ExchangeType::headers: return "headers";
  }
  return "";
}

bool topic_matches(std::string_view pattern, std::string_view key) {
  const auto wanted = words_of(pattern), got = words_of(key);
  // Does the pattern from `p` on match the words from `k` on? One row for each word of the pattern, from its end.
  std::vector<char> next(got.size() + 1, 0);
  next[got.size()] = 1;
  for (std::size_t p = wanted.size(); p-- > 0;) {
    std::vector<char> row(got.size() + 1, 0);
    for (std::size_t k = got.size() + 1; k-- > 0;) {
      if (wanted[p] == "#") row[k] = static_cast<char>(next[k] != 0 || (k < got.size() && row[k + 1] != 0));
      else row[k] = static_cast<char>(k < got.size() && (wanted[p] == "*" || wanted[p] == got[k]) && next[k + 1] != 0);
    }
    next = std::move(row);
  }
  return next[0] != 0;
}

bool headers_match(const std::vector<Header>& arguments, const std::vector<Header>& headers) {
  std::string_view how = "all";
  for (const Header& argument : arguments) {
    if (argument.name == "x-match") how = argument.text;
  }
  const bool any = how.substr(0, 3) == "any", with_x = how.size() > 3;
  std::size_t criteria = 0, met = 0;
  for (const Header& argument : arguments) {
    if (argument.name == "x-match" || (!with_x && argument.name.substr(0, 2) == "x-")) continue;
    ++criteria;
    met += std::any_of(headers.begin(), headers.end(), [&](const Header& header) {
      if (header.name != argument.name) return false;
      return argument.kind == 'V' || (header.kind == argument.kind && header.text == argument.text);  // RMQ-EX-3: typed
    }) ? 1U : 0U;
  }
  return any ? met != 0 : met == criteria;  // RMQ-EX-3: no criteria: all matches everything, any nothing
}

Router::Router() {
  exchanges_[""] = {};
  exchanges_["amq.direct"] = {};
  exchanges_["amq.fanout"].type = ExchangeType::fanout;
  exchanges_["amq.topic"].type = ExchangeType::topic;
  exchanges_["amq.headers"].type = exchanges_["amq.match"].type = ExchangeType::headers;
}

const Exchange* Router::find(std::string_view name) const {
  const auto found = exchanges_.find(name);
  return found == exchanges_.end() ? nullptr : &found->second;
}

void Router::remove(std::string_view name) {
  const auto found = exchanges_.find(name);
  if (found != exchanges_.end()) exchanges_.erase(found);
  for (auto& [other, exchange] : exchanges_) {
    std::erase_if(exchange.bindings, [&](const Binding& b) { return b.to_exchange && b.destination == name; });
  }
}

void Router::bind(const std::string& exchange, Binding binding) {
  auto& bindings = exchanges_[exchange].bindings;
  if (std::none_of(bindings.begin(), bindings.end(), [&](const Binding& b) { return same_binding(b, binding); })) bindings.push_back(std::move(binding));
}

void Router::unbind(const std::string& exchange, const Binding& binding) {
  const auto found = exchanges_.find(exchange);
  if (found == exchanges_.end()) return;
  std::erase_if(found->second.bindings, [&](const Binding& b) { return same_binding(b, binding); });
  if (found->second.auto_delete && found->second.bindings.empty()) remove(std::string(exchange));
}

void Router::remove_queue(std::string_view queue) {
  std::vector<std::string> unused;
  for (auto& [name, exchange] : exchanges_) {
    const std::size_t gone = std::erase_if(exchange.bindings, [&](const Binding& b) { return !b.to_exchange && b.destination == queue; });
    if (gone != 0 && exchange.auto_delete && exchange.bindings.empty()) unused.push_back(name);
  }
  for (const std::string& name : unused) remove(name);
}

void Router::follow(const std::string& exchange, const std::vector<std::string>& keys, const std::vector<Header>& headers,
                    std::vector<std::string>& seen, std::vector<std::string>& queues) const {
  if (std::find(seen.begin(), seen.end(), exchange) != seen.end()) return;
  seen.push_back(exchange);
  const Exchange* x = find(exchange);
  if (x == nullptr) return;
  bool matched = false;
  const auto reach = [&](const std::string& queue) {
    if (std::find(queues.begin(), queues.end(), queue) == queues.end()) queues.push_back(queue);  // RMQ-EX-2
  };
  if (exchange.empty()) {
    for (const std::string& key : keys) reach(key);  // RMQ-EX-4
    return;
  }
  for (const Binding& binding : x->bindings) {
    bool matches = false;
    switch (x->type) {
      case ExchangeType::direct: matches = std::find(keys.begin(), keys.end(), binding.key) != keys.end(); break;  // RMQ-EX-4
      case ExchangeType::fanout: matches = true; break;  // RMQ-EX-4
      case ExchangeType::topic:
        matches = std::any_of(keys.begin(), keys.end(), [&](const std::string& key) { return topic_matches(binding.key, key); });
        break;
      case ExchangeType::headers: matches = headers_match(binding.arguments, headers); break;
    }
    if (!matches) continue;
    matched = true;
    if (binding.to_exchange) follow(binding.destination, keys, headers, seen, queues);
    else reach(binding.destination);
  }
  if (!matched && !x->alternate.empty()) follow(x->alternate, keys, headers, seen, queues);  // RMQ-EX-5
}

std::vector<std::string> Router::route(const std::string& exchange, const std::vector<std::string>& keys, const std::vector<Header>& headers) const {
  std::vector<std::string> seen, queues;
  follow(exchange, keys, headers, seen, queues);
  return queues;
}

}  // namespace flowtank::rabbitmq
