// SPDX-License-Identifier: Apache-2.0
// See checker.hpp. One walk over the tree, children first; scopes of macro variables are a stack.
#include "sim/expr/checker.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/expr/builtin.hpp"
#include "sim/expr/check_types.hpp"

namespace flowtank::expr {
namespace {

constexpr std::uint32_t no_local = 0xffffffffU;

// What a subtree depends on, to find what can be computed while compiling.
struct Purity {
  bool pure = true;                    // no slot, no table, no unknown name
  std::uint32_t lowest_local = no_local;  // lowest macro variable (position in the scope stack) it uses
};

struct Local {
  std::string name;
  Type type;
};

class Checker {
 public:
  Checker(Ast& ast, const Environment& environment, Reporter& reporter, bool pure)
      : ast_(ast), environment_(environment), types_(*environment.types()), reporter_(reporter),
        typing_(types_, reporter), pure_(pure), purity_(ast.nodes.size()) {}

  CheckedTree run(const std::vector<Parameter>& parameters) {
    for (const Parameter& p : parameters) locals_.push_back({p.name, p.type});
    tree_.nodes = static_cast<std::uint32_t>(ast_.nodes.size());
    visit(ast_.root);
    tree_.depth = ast_.at(ast_.root).depth;
    if (tree_.nodes > max_expanded_nodes || tree_.depth > max_expanded_depth) {
      report(ast_.at(ast_.root), "FT-CEL-004", "the expression is too large with all functions expanded",
             "At most " + std::to_string(max_expanded_nodes) + " operations, nested at most " + std::to_string(max_expanded_depth));
    }
    return std::move(tree_);
  }

 private:
  void report(const Node& node, std::string code, std::string message, std::string hint = {}) {
    reporter_.error(node.position, node.length, std::move(code), std::move(message), std::move(hint));
  }

  void visit(NodeId id) {
    Node& node = ast_.at(id);
    Purity purity;
    switch (node.kind) {
      case NodeKind::literal: node.type = typing_.of_value(node.value); break;
      case NodeKind::identifier:
      case NodeKind::select: purity = name_or_field(id); break;
      case NodeKind::comprehension: purity = comprehension(node); break;
      case NodeKind::bind: purity = bind(node); break;
      case NodeKind::call: purity = call(node); break;
      default: purity = operation(node); break;
    }
    for (const NodeId kid : node.kids) node.depth = std::max(node.depth, ast_.at(kid).depth + 1);
    purity_[id] = purity;
    node.constant = purity.pure && purity.lowest_local == no_local;
  }

  Purity join_kids(const Node& node) const {
    Purity out;
    for (const NodeId kid : node.kids) {
      out.pure = out.pure && purity_[kid].pure;
      out.lowest_local = std::min(out.lowest_local, purity_[kid].lowest_local);
    }
    return out;
  }

  Type kid_type(const Node& node, std::size_t i) const { return ast_.at(node.kids[i]).type; }
  const Node& kid(const Node& node, std::size_t i) const { return ast_.at(node.kids[i]); }

  Purity operation(Node& node) {
    for (const NodeId k : node.kids) visit(k);
    switch (node.kind) {
      case NodeKind::unary: node.type = typing_.unary(node, kid_type(node, 0)); break;
      case NodeKind::binary: node.type = typing_.binary(node, kid_type(node, 0), kid_type(node, 1)); break;
      case NodeKind::index: node.type = typing_.index(node, kid_type(node, 0), kid_type(node, 1)); break;
      case NodeKind::has:
        typing_.select(node, kid_type(node, 0));
        node.type = types::boolean;
        break;
      case NodeKind::logic:
        for (const NodeId k : node.kids) typing_.condition(ast_.at(k), operator_text(node.op));
        node.type = types::boolean;
        break;
      case NodeKind::conditional:
        typing_.condition(kid(node, 0), "?");
        node.type = types_.join(kid_type(node, 1), kid_type(node, 2));
        break;
      case NodeKind::list: node.type = types_.list(join_every(node, 0, 1)); break;
      default:
        for (std::size_t i = 0; i < node.kids.size(); i += 2) typing_.map_key(kid(node, i));
        node.type = types_.map(join_every(node, 0, 2), join_every(node, 1, 2));
        break;
    }
    return join_kids(node);
  }

  Type join_every(const Node& node, std::size_t first, std::size_t step) {
    if (first >= node.kids.size()) return types::dyn;
    Type joined = kid_type(node, first);
    for (std::size_t i = first; i < node.kids.size(); i += step) joined = types_.join(joined, kid_type(node, i));
    return joined;
  }

  // --- names -------------------------------------------------------------------------------------------

  std::uint32_t find_local(std::string_view name) const {
    for (std::size_t i = locals_.size(); i-- > 0;) {
      if (locals_[i].name == name) return static_cast<std::uint32_t>(i);
    }
    return no_local;
  }

  Purity name_or_field(NodeId id) {
    Node& node = ast_.at(id);
    const NodeId root = chain_root(ast_, id);
    if (root != no_node && !ast_.at(root).absolute) {
      const std::uint32_t local = find_local(ast_.at(root).name);
      if (local != no_local) return node.kind == NodeKind::identifier ? use_local(node, local) : field(node);
    }
    const std::string name = dotted_name(ast_, id);
    if (!name.empty() && resolve(node, name)) return {node.resolution != Resolution::slot && !node.value.is(Kind::external), no_local};
    if (node.kind == NodeKind::identifier || !some_prefix_resolves(node)) return undeclared(node, root, name);
    return field(node);
  }

  Purity use_local(Node& node, std::uint32_t local) {
    node.resolution = Resolution::local;
    node.type = locals_[local].type;
    return {true, local};
  }

  bool resolve(Node& node, const std::string& name) {
    const Declaration* found = environment_.find(name);
    if (found != nullptr && (!pure_ || (found->is_constant && !found->value.is(Kind::external)))) {
      node.resolution = found->is_constant ? Resolution::constant : Resolution::slot;
      node.index = found->slot;
      node.value = found->value;
      node.type = found->type;
      return true;
    }
    if (!is_type_name(name)) return false;
    node.resolution = Resolution::type_name;
    node.value = ast_.arena.make_text(Kind::type, name);
    node.type = types::type;
    return true;
  }

  bool some_prefix_resolves(const Node& node) const {
    for (NodeId id = node.kids[0];; id = ast_.at(id).kids[0]) {
      const std::string name = dotted_name(ast_, id);
      if (name.empty()) {
        if (ast_.at(id).kind != NodeKind::select) return true;
        continue;
      }
      const Declaration* found = environment_.find(name);
      if ((found != nullptr && (!pure_ || found->is_constant)) || is_type_name(name)) return true;
      if (ast_.at(id).kind != NodeKind::select) return false;
    }
  }

  Purity undeclared(Node& node, NodeId root, std::string name) {
    node.resolution = Resolution::unknown;
    node.type = types::dyn;
    Node place = node;
    if (root != no_node) {
      const Node& first = ast_.at(root);
      if (name.empty() || !environment_.is_namespace(first.name)) {
        // Nothing starts with the first part: that one is wrong, whatever follows.
        name = first.name;
        place = first;
      } else {
        place.position = first.position;
        place.length = node.position + node.length - place.position;
      }
    }
    if (pure_ && environment_.find(name) != nullptr) {
      report(place, "FT-CEL-010", "\"" + name + "\" cannot be used in a function",
             "A function sees its parameters and constants; pass it as an argument");
    } else if (environment_.is_namespace(name)) {
      report(place, "FT-CEL-010", "\"" + name + "\" is a namespace, not a value", name_hint(name + ".", environment_.candidates(name + "."), "Members"));
    } else {
      std::vector<std::string> names = environment_.candidates(name);
      for (const Local& local : locals_) names.push_back(local.name);
      report(place, "FT-CEL-010", "there is nothing called \"" + name + "\" here", name_hint(name, names, "Names"));
    }
    return {false, no_local};
  }

  Purity field(Node& node) {
    visit(node.kids[0]);
    node.type = typing_.select(node, kid_type(node, 0));
    return join_kids(node);
  }

  // --- macros ------------------------------------------------------------------------------------------

  Purity bind(Node& node) {
    visit(node.kids[0]);
    locals_.push_back({node.var1, kid_type(node, 0)});
    visit(node.kids[1]);
    locals_.pop_back();
    node.type = kid_type(node, 1);
    return close_scope(node);
  }

  // Kid 0 is outside of the scope that starts at the present height of the stack, the others inside.
  Purity close_scope(const Node& node) const {
    Purity out = purity_[node.kids[0]];
    for (std::size_t i = 1; i < node.kids.size(); ++i) {
      const Purity& inner = purity_[node.kids[i]];
      out.pure = out.pure && inner.pure;
      if (inner.lowest_local < locals_.size()) out.lowest_local = std::min(out.lowest_local, inner.lowest_local);
    }
    return out;
  }

  Purity comprehension(Node& node) {
    visit(node.kids[0]);
    const Type range = kid_type(node, 0);
    const auto [first, second] = typing_.range(node, kid(node, 0), range);
    const std::size_t height = locals_.size();
    locals_.push_back({node.var1, first});
    if (!node.var2.empty()) locals_.push_back({node.var2, second});
    for (std::size_t i = 1; i < node.kids.size(); ++i) visit(node.kids[i]);
    locals_.resize(height);
    const bool filtered = node.kids.size() == 3;
    const bool predicate = node.macro <= Macro::filter;
    if (filtered || predicate) typing_.condition(kid(node, 1), node.name);
    const Type last = ast_.at(node.kids.back()).type;
    const Type key = typing_.range_key(range);
    switch (node.macro) {
      case Macro::filter: node.type = types_.list(first); break;
      case Macro::map: node.type = types_.list(last); break;
      case Macro::transform_map: node.type = types_.map(key, last); break;
      case Macro::transform_map_entry: node.type = types_.kind(last) == TypeKind::map ? last : types::map_of_dyn; break;
      default: node.type = types::boolean; break;
    }
    return close_scope(node);
  }

  // --- calls -------------------------------------------------------------------------------------------

  Purity call(Node& node) {
    if (node.member) as_namespaced(node);
    for (const NodeId k : node.kids) visit(k);
    node.index = no_function;
    node.type = types::dyn;
    if (const auto* function = node.member ? nullptr : environment_.find_function(node.name)) {
      user_call(node, *function);
    } else {
      node.index = builtin_call(node);
    }
    Purity purity = join_kids(node);
    purity.pure = purity.pure && node.index != no_function;
    return purity;
  }

  // money.round(x): a call of the function money.round when that is defined and money is no value.
  void as_namespaced(Node& node) {
    const std::string prefix = dotted_name(ast_, node.kids[0]);
    if (prefix.empty()) return;
    const NodeId root = chain_root(ast_, node.kids[0]);
    if (find_local(ast_.at(root).name) != no_local) return;
    const std::string full = prefix + "." + node.name;
    if (environment_.find_function(full) == nullptr) return;
    node.name = full;
    node.member = false;
    node.kids.erase(node.kids.begin());
  }

  void user_call(Node& node, const std::shared_ptr<const UserFunction>& function) {
    const auto& wanted = function->parameters;
    if (wanted.size() != node.kids.size()) {
      report(node, "FT-CEL-012", "the function " + node.name + " takes " + std::to_string(wanted.size()) + " arguments, not " + std::to_string(node.kids.size()));
      return;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (types_.fits(kid_type(node, i), wanted[i].type)) continue;
      report(kid(node, i), "FT-CEL-012", "the parameter " + wanted[i].name + " of " + node.name + " is " + types_.name(wanted[i].type) +
             ", the argument is " + types_.name(kid_type(node, i)));
    }
    node.index = first_user_function + static_cast<std::uint32_t>(tree_.functions.size());
    tree_.functions.push_back(function);
    tree_.nodes = std::min(tree_.nodes + function->nodes, max_expanded_nodes + 1);
    node.type = function->result;
    node.depth = std::max(node.depth, std::min(function->depth, max_expanded_depth) + 1);
  }

  std::uint32_t builtin_call(Node& node) {
    std::vector<Type> given;
    for (const NodeId k : node.kids) given.push_back(ast_.at(k).type);
    const CallCheck result = typing_.call(node, given);
    if (result.problem == CallProblem::unknown_name) {
      report(node, "FT-CEL-011", "there is no function " + node.name, name_hint(node.name, environment_.function_names(), "Functions"));
    } else if (result.problem != CallProblem::none) {
      report(node, "FT-CEL-012", result.message, result.hint);
    }
    node.type = result.type;
    return result.function;
  }

  Ast& ast_;
  const Environment& environment_;
  TypeTable& types_;
  Reporter& reporter_;
  Typing typing_;
  bool pure_;
  std::vector<Purity> purity_;
  std::vector<Local> locals_;
  CheckedTree tree_;
};

}  // namespace

bool is_type_name(std::string_view name) {
  static constexpr std::array<std::string_view, 12> names = {
      "bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type",
      "google.protobuf.Timestamp", "google.protobuf.Duration",
  };
  return std::find(names.begin(), names.end(), name) != names.end();
}

CheckedTree check(Ast& ast, const Environment& environment, Reporter& reporter,
                  const std::vector<Parameter>& parameters, bool pure) {
  return Checker(ast, environment, reporter, pure).run(parameters);
}

}  // namespace flowtank::expr
