// SPDX-License-Identifier: Apache-2.0
// See environment.hpp: the tables of names, and the definition of functions.
#include "sim/expr/environment.hpp"

#include <algorithm>
#include <utility>

#include <sim/base/check.hpp>

#include "sim/expr/builtin.hpp"
#include "sim/expr/checker.hpp"
#include "sim/expr/copy.hpp"

namespace flowtank::expr {

void Environment::declare(std::string name, Type type, std::uint32_t slot) {
  slot_count_ = std::max(slot_count_, slot + 1);
  names_[std::move(name)] = {type, false, slot, {}};
}

void Environment::declare_constant(std::string name, Type type, const Value& value) {
  const Value copy = copy_value(value, *arena_);
  FLOWTANK_CHECK(!copy.is(Kind::absent), "constant " + name + " is too large or absent");
  names_[std::move(name)] = {type, true, 0, copy};
}

bool Environment::define_function(std::string name, std::vector<Parameter> parameters, std::string_view body,
                                  Diagnostics& diagnostics, const Place& place) {
  Reporter reporter(body, place, diagnostics);
  const auto builtins = overloads();
  const bool taken = std::any_of(builtins.begin(), builtins.end(), [&](const Overload& o) { return o.name == name; });
  if (taken || functions_.contains(name) || name == "has" || name == "bind") {
    reporter.error(0, 1, "FT-CEL-018", "the function " + name + " exists already", "Choose another name");
    return false;
  }
  auto function = std::make_shared<UserFunction>();
  function->body = parse(body, reporter);
  if (!function->body) return false;
  CheckedTree tree = check(*function->body, *this, reporter, parameters, true);
  if (reporter.errors() != 0) return false;
  function->name = name;
  function->parameters = std::move(parameters);
  function->result = function->body->at(function->body->root).type;
  function->calls = std::move(tree.functions);
  function->nodes = tree.nodes;
  function->depth = tree.depth;
  functions_[std::move(name)] = std::move(function);
  return true;
}

const Declaration* Environment::find(std::string_view name) const {
  const auto it = names_.find(name);
  return it == names_.end() ? nullptr : &it->second;
}

const std::shared_ptr<const UserFunction>* Environment::find_function(std::string_view name) const {
  const auto it = functions_.find(name);
  return it == functions_.end() ? nullptr : &it->second;
}

bool Environment::is_namespace(std::string_view name) const {
  const std::string prefix = std::string(name) + ".";
  const auto it = names_.lower_bound(prefix);
  return it != names_.end() && it->first.starts_with(prefix);
}

std::vector<std::string> Environment::candidates(std::string_view name) const {
  const auto dot = name.find('.');
  const bool inside = dot != std::string_view::npos && is_namespace(name.substr(0, dot));
  const std::string prefix = inside ? std::string(name.substr(0, dot + 1)) : std::string();
  std::vector<std::string> out;
  for (const auto& [declared, unused] : names_) {
    if (!declared.starts_with(prefix)) continue;
    std::string candidate = inside ? declared : declared.substr(0, declared.find('.'));
    if (out.empty() || out.back() != candidate) out.push_back(std::move(candidate));
  }
  return out;
}

std::vector<std::string> Environment::function_names() const {
  std::vector<std::string> out;
  for (const Overload& o : overloads()) {
    if (out.empty() || out.back() != o.name) out.emplace_back(o.name);
  }
  for (const auto& [name, unused] : functions_) out.push_back(name);
  return out;
}

}  // namespace flowtank::expr
