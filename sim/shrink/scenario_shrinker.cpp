// SPDX-License-Identifier: Apache-2.0
// See scenario_shrinker.hpp. Coarse edits first: a client that is gone needs no smaller count.
#include "sim/shrink/scenario_shrinker.hpp"

#include <algorithm>

namespace flowtank::shrinking {
namespace {

std::vector<std::string> keys_of(const JsonNode* object) {
  std::vector<std::string> keys;
  if (object == nullptr) return keys;
  for (const JsonMember& m : object->members) keys.push_back(m.key);
  return keys;
}

// The fault of this name in "faults".
JsonNode* fault_of(JsonNode& root, const std::string& name) {
  JsonNode* list = root.find("faults");
  if (list == nullptr) return nullptr;
  for (JsonNode& item : list->items) {
    const JsonNode* own = item.find("name");
    if (own != nullptr && own->text == name) return &item;
  }
  return nullptr;
}

JsonNode demanded(std::string_view driver) {
  JsonNode one = object_node();
  member(one, "verdict") = text_node("FAIL");
  member(one, "driver") = text_node(std::string(driver));
  return one;
}

}  // namespace

bool ScenarioShrinker::attempt(const std::function<void(JsonNode&)>& edit) {
  if (stop_ && stop_()) return false;
  ScenarioTree candidate = tree_;
  edit(candidate.root);
  if (compact_json(candidate.root) == compact_json(tree_.root)) return false;
  ++trials_;
  if (!accepts_(candidate)) return false;
  tree_ = std::move(candidate);
  return true;
}

bool ScenarioShrinker::fold() {
  return attempt([this](JsonNode& root) {
    const JsonNode* bounds = driver_ == Driver::check ? root.find("check") : nullptr;
    const auto each = [&](const char* list, const auto& set) {
      const JsonNode* values = bounds != nullptr ? bounds->find(list) : nullptr;
      if (values == nullptr) return;
      for (const JsonMember& m : values->members) set(m.key, m.value);
    };
    each("clients", [&](const std::string& name, const JsonNode& value) {
      JsonNode* client = at(root, {"clients", name.c_str()});
      if (client == nullptr) return;
      member(*client, client->find("sessions") != nullptr ? "sessions" : "count") = value;
    });
    each("budgets", [&](const std::string& name, const JsonNode& value) {
      if (JsonNode* fault = fault_of(root, name)) member(*fault, "budget") = value;
    });
    each("instances", [&](const std::string& name, const JsonNode& value) {
      if (JsonNode* service = at(root, {"services", name.c_str()})) member(*service, "instances") = value;
    });
    if (driver_ == Driver::check) erase_member(root, "check");
    erase_member(root, "lint");
    if (JsonNode* properties = root.find("properties")) {
      std::erase_if(properties->items, [this](const JsonNode& item) {
        const JsonNode* name = item.find("name");
        return name == nullptr || name->text != property_;
      });
    }
    JsonNode expectations = object_node();
    member(expectations, property_) = demanded(to_text(driver_));
    member(root, "expect") = std::move(expectations);
  });
}

// The smallest number that still fails, found from below: 1, 2, 4, ... and then between.
bool ScenarioShrinker::smaller_number(const std::function<JsonNode*(JsonNode&)>& where, std::int64_t least) {
  const JsonNode* now = where(tree_.root);
  if (now == nullptr || !now->is(JsonKind::integer) || now->integer <= least) return false;
  const std::int64_t was = now->integer;
  const auto to = [&](std::int64_t number) {
    return attempt([&](JsonNode& root) { *where(root) = number_node(number); });
  };
  std::int64_t failed = least - 1;
  for (std::int64_t number = least; number < was; number = number < 1 ? number + 1 : number * 2) {
    if (to(number)) break;
    failed = number;
  }
  const JsonNode* reached = where(tree_.root);
  while (reached != nullptr && reached->integer - failed > 1) {
    const std::int64_t middle = failed + (reached->integer - failed) / 2;
    if (middle >= was) break;
    if (!to(middle)) failed = middle;
    reached = where(tree_.root);
    if (stop_ && stop_()) break;
  }
  return where(tree_.root)->integer < was;
}

bool ScenarioShrinker::without_members(std::initializer_list<const char*> path) {
  bool any = false;
  for (const std::string& key : keys_of(at(tree_.root, path))) {
    any = attempt([&](JsonNode& root) { erase_member(*at(root, path), key); }) || any;
  }
  return any;
}

bool ScenarioShrinker::fewer_requests() {
  bool any = without_members({"clients"});
  for (const std::string& client : keys_of(tree_.root.find("clients"))) {
    for (const char* what : {"count", "sessions"}) {
      any = smaller_number([&](JsonNode& root) { return at(root, {"clients", client.c_str(), what}); }, 1) || any;
    }
  }
  return any;
}

bool ScenarioShrinker::faults() {
  bool any = attempt([](JsonNode& root) { erase_member(root, "faults"); });
  const JsonNode* list = tree_.root.find("faults");
  for (std::size_t i = list == nullptr ? 0 : list->items.size(); i-- > 0;) {
    any = attempt([i](JsonNode& root) {
            auto& items = root.find("faults")->items;
            items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
          }) || any;
  }
  list = tree_.root.find("faults");
  // Of a fault that remains, where it strikes says what happened; an exploration needs no schedule.
  for (std::size_t i = 0; list != nullptr && i < tree_.root.find("faults")->items.size(); ++i) {
    const auto fault = [i](JsonNode& root) { return &root.find("faults")->items[i]; };
    any = prune(fault, [](const std::string& key) { return key == "name" || key == "kind" || key == "on" || key == "at" || key == "budget"; }) || any;
    any = smaller_number([&](JsonNode& root) { return fault(root)->find("budget"); }, 1) || any;
    any = attempt([&](JsonNode& root) { erase_member(*fault(root), "budget"); }) || any;
  }
  return any;
}

// Leaves out members, at any depth, but those that `keep` names (with all that is in them).
bool ScenarioShrinker::prune(const std::function<JsonNode*(JsonNode&)>& where, const std::function<bool(const std::string&)>& keep) {
  bool any = false;
  for (const std::string& key : keys_of(where(tree_.root))) {
    if (keep(key)) continue;
    if (attempt([&](JsonNode& root) { erase_member(*where(root), key); })) {
      any = true;
      continue;
    }
    any = prune([&](JsonNode& root) { return where(root)->find(key); }, keep) || any;
  }
  const JsonNode* node = where(tree_.root);
  for (std::size_t i = node == nullptr ? 0 : node->items.size(); i-- > 0;) {
    any = attempt([&](JsonNode& root) {
            auto& items = where(root)->items;
            items.erase(items.begin() + static_cast<std::ptrdiff_t>(i));
          }) || any;
  }
  return any;
}

bool ScenarioShrinker::services() {
  bool any = without_members({"services"});
  for (const std::string& service : keys_of(tree_.root.find("services"))) {
    const auto where = [&](JsonNode& root) { return at(root, {"services", service.c_str()}); };
    any = prune(where, [](const std::string& key) { return key == "use"; }) || any;
    for (const char* number : {"instances", "concurrency"}) {
      any = smaller_number([&](JsonNode& root) { return where(root)->find(number); }, 1) || any;
    }
  }
  any = without_members({"brokers"}) || any;
  for (const std::string& broker : keys_of(tree_.root.find("brokers"))) {
    any = prune([&](JsonNode& root) { return at(root, {"brokers", broker.c_str()}); }, [](const std::string& key) { return key == "kind"; }) || any;
  }
  return any;
}

// Requests with less in them: no arrival times in an exploration, the plain number 1 where any will do.
bool ScenarioShrinker::data() {
  bool any = false;
  for (const std::string& client : keys_of(tree_.root.find("clients"))) {
    const auto where = [&](JsonNode& root) { return at(root, {"clients", client.c_str()}); };
    any = prune(where, [this](const std::string& key) {
            return key == "sends" || key == "to" || key == "count" || key == "sessions" || (driver_ == Driver::run && key == "arrivals");
          }) || any;
    for (const std::string& field : keys_of(at(tree_.root, {"clients", client.c_str(), "data"}))) {
      const auto value = [&](JsonNode& root) { return at(root, {"clients", client.c_str(), "data", field.c_str()}); };
      const JsonNode* now = value(tree_.root);
      if (now->is(JsonKind::integer) && now->integer == 1) continue;
      any = attempt([&](JsonNode& root) { *value(root) = number_node(1); }) || any;
    }
  }
  return any;
}

bool ScenarioShrinker::time() {
  if (driver_ != Driver::run) return false;
  bool any = attempt([](JsonNode& root) { erase_member(root, "check"); });
  for (const char* key : {"horizon_s", "horizon_ms"}) {
    any = smaller_number([&](JsonNode& root) { return at(root, {"run", key}); }, 1) || any;
  }
  return any;
}

bool ScenarioShrinker::shrink() {
  bool any = attempt([](JsonNode& root) { erase_member(root, "doc"); });
  any = fewer_requests() || any;
  any = faults() || any;
  any = services() || any;
  any = data() || any;
  return time() || any;
}

}  // namespace flowtank::shrinking
