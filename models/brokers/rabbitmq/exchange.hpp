// SPDX-License-Identifier: Apache-2.0
// Exchanges and bindings: which queues a publish reaches. Nothing here is state of a run: a scenario's topology stands still,
// and a vector's only grows and shrinks by what its clients declare. A queue is never reached twice by one publish (RMQ-EX-2).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace flowtank::rabbitmq {

enum class ExchangeType : std::uint8_t { direct, fanout, topic, headers };
std::optional<ExchangeType> exchange_type(std::string_view name);
std::string_view to_text(ExchangeType type);

// A header or a binding argument. Values of different kinds are never equal (RMQ-EX-3).
struct Header {
  std::string name;
  char kind = 'V';   // V: void, t: boolean, I: whole, d: real, S: text, x: anything else
  std::string text;
};

struct Binding {
  std::string destination;
  bool to_exchange = false;
  std::string key;
  std::vector<Header> arguments;
};

struct Exchange {
  ExchangeType type = ExchangeType::direct;
  bool durable = true, auto_delete = false, internal = false;
  std::string alternate;   // empty: none
  std::vector<Binding> bindings;
};

// RMQ-EX-1: words between dots; "*" is one word, "#" any number. The empty key has no words.
bool topic_matches(std::string_view pattern, std::string_view key);
// RMQ-EX-3: x-match among the arguments: all (default), any, all-with-x, any-with-x.
bool headers_match(const std::vector<Header>& arguments, const std::vector<Header>& headers);

class Router {
 public:
  Router();

  const Exchange* find(std::string_view name) const;
  void declare(const std::string& name, Exchange exchange) { exchanges_.insert_or_assign(name, std::move(exchange)); }
  void remove(std::string_view name);
  void bind(const std::string& exchange, Binding binding);
  void unbind(const std::string& exchange, const Binding& binding);
  void remove_queue(std::string_view queue);
  // Names of queues, each once, in the order of bindings. The default exchange gives every key as a name: the caller
  // leaves out what is not there.
  std::vector<std::string> route(const std::string& exchange, const std::vector<std::string>& keys, const std::vector<Header>& headers) const;

 private:
  void follow(const std::string& exchange, const std::vector<std::string>& keys, const std::vector<Header>& headers,
              std::vector<std::string>& seen, std::vector<std::string>& queues) const;

  std::map<std::string, Exchange, std::less<>> exchanges_;
};

}  // namespace flowtank::rabbitmq
