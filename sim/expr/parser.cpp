// SPDX-License-Identifier: Apache-2.0
// See parser.hpp: precedence climbing over the tokens. The first syntax error ends the parsing of a
// text, since what follows one is rarely worth reading; lexical errors are all reported.
#include "sim/expr/parser.hpp"

#include <algorithm>
#include <utility>

#include "sim/expr/lexer.hpp"

namespace flowtank::expr {
namespace {

struct BinaryOperator {
  Operator op;
  int precedence;  // larger binds tighter; 0: not a binary operator
};

BinaryOperator binary_operator(TokenKind kind) {
  switch (kind) {
    case TokenKind::or_or: return {Operator::logical_or, 1};
    case TokenKind::and_and: return {Operator::logical_and, 2};
    case TokenKind::equal: return {Operator::equal, 3};
    case TokenKind::not_equal: return {Operator::not_equal, 3};
    case TokenKind::less: return {Operator::less, 3};
    case TokenKind::less_equal: return {Operator::less_equal, 3};
    case TokenKind::greater: return {Operator::greater, 3};
    case TokenKind::greater_equal: return {Operator::greater_equal, 3};
    case TokenKind::in_word: return {Operator::in, 3};
    case TokenKind::plus: return {Operator::add, 4};
    case TokenKind::minus: return {Operator::subtract, 4};
    case TokenKind::star: return {Operator::multiply, 5};
    case TokenKind::slash: return {Operator::divide, 5};
    case TokenKind::percent: return {Operator::modulo, 5};
    default: return {Operator::none, 0};
  }
}

struct MacroForm {
  std::string_view name;
  Macro macro;
  std::size_t variables;
  std::size_t least;  // expressions after the variables
  std::size_t most;
};

constexpr MacroForm macro_forms[] = {
    {"all", Macro::all, 1, 1, 1},
    {"exists", Macro::exists, 1, 1, 1},
    {"exists_one", Macro::exists_one, 1, 1, 1},
    {"existsOne", Macro::exists_one, 1, 1, 1},
    {"filter", Macro::filter, 1, 1, 1},
    {"map", Macro::map, 1, 1, 2},
    {"all", Macro::all, 2, 1, 1},
    {"exists", Macro::exists, 2, 1, 1},
    {"exists_one", Macro::exists_one, 2, 1, 1},
    {"existsOne", Macro::exists_one, 2, 1, 1},
    {"transformList", Macro::map, 2, 1, 2},
    {"transformMap", Macro::transform_map, 2, 1, 2},
    {"transformMapEntry", Macro::transform_map_entry, 2, 1, 2},
};

class Parser {
 public:
  Parser(std::vector<Token> tokens, Reporter& reporter) : tokens_(std::move(tokens)), reporter_(reporter) {}

  std::unique_ptr<Ast> run() {
    const NodeId root = expression();
    if (!failed_ && peek().kind != TokenKind::end) unexpected("an operator or the end of the expression");
    if (failed_) return nullptr;
    ast_->root = root;
    return std::move(ast_);
  }

 private:
  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  Token& take() {
    Token& token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool accept(TokenKind kind) {
    if (peek().kind != kind) return false;
    take();
    return true;
  }
  void expect(TokenKind kind, std::string_view what) {
    if (!accept(kind)) unexpected(what);
  }

  NodeId fail(const Token& token, std::string code, std::string message, std::string hint = {}) {
    if (!failed_) reporter_.error(token.position, std::max(token.length, 1U), std::move(code), std::move(message), std::move(hint));
    failed_ = true;
    return no_node;
  }
  NodeId unexpected(std::string_view wanted) {
    const Token& token = peek();
    const std::string found = token.kind == TokenKind::end ? "the expression ends too early" : "unexpected token";
    return fail(token, "FT-CEL-001", found + ": expected " + std::string(wanted));
  }

  // Adds a node over `kids`; its caret is at the token that names it.
  NodeId add(Node node, const Token& token) {
    if (failed_) return no_node;
    node.position = token.position;
    node.length = std::max(token.length, 1U);
    for (const NodeId kid : node.kids) node.depth = std::max(node.depth, ast_->at(kid).depth + 1);
    if (node.depth > max_depth) {
      return fail(token, "FT-CEL-003", "the expression is nested deeper than " + std::to_string(max_depth) + " operations",
                  "Split it with cel.bind or into functions");
    }
    ast_->nodes.push_back(std::move(node));
    return static_cast<NodeId>(ast_->nodes.size() - 1);
  }
  static Node make(NodeKind kind, std::vector<NodeId> kids = {}, std::string name = {}) {
    Node node;
    node.kind = kind;
    node.kids = std::move(kids);
    node.name = std::move(name);
    return node;
  }
  NodeId literal(const Token& token, Value value) {
    Node node = make(NodeKind::literal);
    node.value = value;
    return add(std::move(node), token);
  }

  NodeId expression() {
    if (failed_) return no_node;
    if (nesting_ >= max_nesting) {
      return fail(peek(), "FT-CEL-003", "the expression is nested deeper than " + std::to_string(max_nesting) + " levels",
                  "Split it with cel.bind or into functions");
    }
    ++nesting_;
    NodeId result = binary(1);
    if (!failed_ && peek().kind == TokenKind::question) {
      const Token token = take();
      const NodeId then = binary(1);
      expect(TokenKind::colon, "':' of the conditional");
      const NodeId otherwise = expression();
      result = add(make(NodeKind::conditional, {result, then, otherwise}), token);
    }
    --nesting_;
    return result;
  }

  NodeId binary(int least) {
    NodeId left = unary();
    while (!failed_) {
      const auto [op, precedence] = binary_operator(peek().kind);
      if (precedence == 0 || precedence < least) break;
      const Token token = take();
      if (precedence <= 2) {
        left = logic(left, op, precedence, token);
        continue;
      }
      const NodeId right = binary(precedence + 1);
      Node node = make(NodeKind::binary, {left, right});
      node.op = op;
      left = add(std::move(node), token);
    }
    return left;
  }

  // a && b && c becomes one node, so that long conditions stay flat.
  NodeId logic(NodeId first, Operator op, int precedence, const Token& token) {
    Node node = make(NodeKind::logic, {first});
    node.op = op;
    do {
      node.kids.push_back(binary(precedence + 1));
    } while (!failed_ && binary_operator(peek().kind).op == op && (take(), true));
    return add(std::move(node), token);
  }

  NodeId unary() {
    std::vector<Token> signs;
    const TokenKind kind = peek().kind;
    if (kind == TokenKind::bang || kind == TokenKind::minus) {
      while (peek().kind == kind) signs.push_back(take());
    }
    const bool number = peek().kind == TokenKind::int_literal || peek().kind == TokenKind::double_literal;
    const bool negative = kind == TokenKind::minus && !signs.empty() && number;
    if (negative) signs.pop_back();
    NodeId result = member(negative);
    for (std::size_t i = signs.size(); i-- > 0 && !failed_;) {
      Node node = make(NodeKind::unary, {result});
      node.op = kind == TokenKind::bang ? Operator::logical_not : Operator::negate;
      result = add(std::move(node), signs[i]);
    }
    return result;
  }

  NodeId member(bool negative) {
    NodeId left = primary(negative);
    while (!failed_) {
      if (peek().kind == TokenKind::dot) {
        take();
        left = selection(left);
      } else if (peek().kind == TokenKind::left_bracket) {
        const Token token = take();
        const NodeId index = expression();
        expect(TokenKind::right_bracket, "']'");
        left = add(make(NodeKind::index, {left, index}), token);
      } else if (peek().kind == TokenKind::left_brace && !dotted_name(*ast_, left).empty()) {
        return fail(peek(), "FT-CEL-005", "messages cannot be built in expressions", "Write a map: {'field': value}");
      } else {
        break;
      }
    }
    return left;
  }

  NodeId selection(NodeId left) {
    const Token token = peek();
    const bool quoted = token.kind == TokenKind::quoted_identifier;
    if (token.kind != TokenKind::identifier && token.kind != TokenKind::reserved && !quoted) {
      return unexpected("a field or function name after '.'");
    }
    take();
    if (!quoted && peek().kind == TokenKind::left_paren) {
      std::vector<NodeId> arguments = call_arguments();
      return failed_ ? no_node : member_call(left, token, std::move(arguments));
    }
    Node node = make(NodeKind::select, {left}, token.text);
    node.quoted = quoted;
    return add(std::move(node), token);
  }

  std::vector<NodeId> call_arguments() {
    std::vector<NodeId> arguments;
    expect(TokenKind::left_paren, "'('");
    if (peek().kind != TokenKind::right_paren) {
      do {
        arguments.push_back(expression());
      } while (!failed_ && accept(TokenKind::comma));
    }
    expect(TokenKind::right_paren, "',' or ')'");
    return arguments;
  }

  bool is_variable(NodeId id) const {
    const Node& node = ast_->at(id);
    return node.kind == NodeKind::identifier && !node.absolute;
  }

  NodeId member_call(NodeId left, const Token& token, std::vector<NodeId> arguments) {
    if (token.text == "bind" && dotted_name(*ast_, left) == "cel") return bind(token, arguments);
    bool named = false;
    for (const MacroForm& form : macro_forms) {
      if (token.text != form.name) continue;
      named = true;
      if (arguments.size() < form.variables + form.least || arguments.size() > form.variables + form.most) continue;
      // m.map(x, filter, e) and m.exists(k, v, p) differ by what comes second.
      return comprehension(left, token, form, arguments);
    }
    if (named) {
      return fail(token, "FT-CEL-013", "the macro " + token.text + " does not take " + std::to_string(arguments.size()) + " arguments",
                  "For example: list." + token.text + "(x, expression)");
    }
    const bool folds = token.text == "sum" || token.text == "min" || token.text == "max";
    if (folds && arguments.size() == 2 && is_variable(arguments[0])) {
      const NodeId mapped = comprehension(left, token, {"map", Macro::map, 1, 1, 1}, arguments);
      return call(token, {mapped}, true);
    }
    arguments.insert(arguments.begin(), left);
    return call(token, std::move(arguments), true);
  }

  NodeId comprehension(NodeId range, const Token& token, const MacroForm& form, const std::vector<NodeId>& arguments) {
    Node node = make(NodeKind::comprehension, {range}, token.text);
    node.macro = form.macro;
    for (std::size_t i = 0; i < form.variables; ++i) {
      if (!is_variable(arguments[i])) {
        const Node& wrong = ast_->at(arguments[i]);
        Token place;
        place.position = wrong.position;
        place.length = wrong.length;
        return fail(place, "FT-CEL-013", "argument " + std::to_string(i + 1) + " of " + token.text + " must be a variable name",
                    "For example: list." + token.text + "(x, expression)");
      }
      (i == 0 ? node.var1 : node.var2) = ast_->at(arguments[i]).name;
    }
    if (node.var1 == node.var2) return fail(token, "FT-CEL-013", "the two variables of " + token.text + " need different names");
    node.kids.insert(node.kids.end(), arguments.begin() + static_cast<std::ptrdiff_t>(form.variables), arguments.end());
    return add(std::move(node), token);
  }

  NodeId bind(const Token& token, const std::vector<NodeId>& arguments) {
    if (arguments.size() != 3 || !is_variable(arguments[0])) {
      return fail(token, "FT-CEL-013", "bind takes a variable name, its value and an expression", "For example: cel.bind(x, a + b, x * x)");
    }
    Node node = make(NodeKind::bind, {arguments[1], arguments[2]});
    node.var1 = ast_->at(arguments[0]).name;
    return add(std::move(node), token);
  }

  NodeId has(const Token& token, const std::vector<NodeId>& arguments) {
    if (arguments.size() != 1 || ast_->at(arguments[0]).kind != NodeKind::select) {
      return fail(token, "FT-CEL-013", "has takes one field selection", "For example: has(order.note)");
    }
    Node node = ast_->at(arguments[0]);
    node.kind = NodeKind::has;
    const Token place{TokenKind::identifier, node.position, node.length, {}, 0, 0, false};
    return add(std::move(node), place);
  }

  NodeId call(const Token& token, std::vector<NodeId> arguments, bool member) {
    Node node = make(NodeKind::call, std::move(arguments), token.text);
    node.member = member;
    return add(std::move(node), token);
  }

  NodeId identifier(bool absolute) {
    const Token token = take();
    if (peek().kind == TokenKind::left_paren) {
      std::vector<NodeId> arguments = call_arguments();
      if (failed_) return no_node;
      if (token.text == "has") return has(token, arguments);
      if (token.text == "bind") return bind(token, arguments);
      return call(token, std::move(arguments), false);
    }
    Node node = make(NodeKind::identifier, {}, token.text);
    node.absolute = absolute;
    return add(std::move(node), token);
  }

  NodeId integer(const Token& token, bool negative) {
    const auto magnitude = token.integer;
    if (token.too_large && !(negative && magnitude == std::uint64_t{1} << 63)) {
      return fail(token, "FT-CEL-002", "the number does not fit an int (64 bits with sign)", "A uint is written with a u: " + token.text + "u");
    }
    return literal(token, Value::of_int(static_cast<std::int64_t>(negative ? ~magnitude + 1 : magnitude)));
  }

  NodeId primary(bool negative) {
    if (failed_) return no_node;
    const Token token = peek();
    switch (token.kind) {
      case TokenKind::int_literal: take(); return integer(token, negative);
      case TokenKind::double_literal: take(); return literal(token, Value::of_real(negative ? -token.real : token.real));
      case TokenKind::uint_literal: take(); return literal(token, Value::of_uint(token.integer));
      case TokenKind::true_word: take(); return literal(token, Value::of_bool(true));
      case TokenKind::false_word: take(); return literal(token, Value::of_bool(false));
      case TokenKind::null_word: take(); return literal(token, Value::of_null());
      case TokenKind::string_literal: take(); return literal(token, ast_->arena.make_text(Kind::string, token.text));
      case TokenKind::bytes_literal: take(); return literal(token, ast_->arena.make_text(Kind::bytes, token.text));
      case TokenKind::left_bracket: return list();
      case TokenKind::left_brace: return map();
      case TokenKind::identifier: return identifier(false);
      case TokenKind::reserved:
        return fail(token, "FT-CEL-001", "\"" + token.text + "\" is a reserved word", "Choose another name; as a field it may follow a dot");
      case TokenKind::dot:
        take();
        return peek().kind == TokenKind::identifier ? identifier(true) : unexpected("a name after '.'");
      case TokenKind::left_paren: {
        take();
        const NodeId inner = expression();
        expect(TokenKind::right_paren, "')'");
        return failed_ ? no_node : parenthesised(inner);
      }
      default: return unexpected("a value");
    }
  }

  // (a.b).c is a field of a.b, never the name a.b.c: a select in parentheses loses its dotted name.
  NodeId parenthesised(NodeId inner) {
    if (ast_->at(inner).kind == NodeKind::select) ast_->at(inner).member = true;
    return inner;
  }

  NodeId list() {
    const Token token = take();
    Node node = make(NodeKind::list);
    while (!failed_ && peek().kind != TokenKind::right_bracket) {
      node.kids.push_back(expression());
      if (!accept(TokenKind::comma)) break;
    }
    expect(TokenKind::right_bracket, "',' or ']'");
    return add(std::move(node), token);
  }

  NodeId map() {
    const Token token = take();
    Node node = make(NodeKind::map);
    while (!failed_ && peek().kind != TokenKind::right_brace) {
      node.kids.push_back(expression());
      expect(TokenKind::colon, "':' after the key");
      node.kids.push_back(expression());
      if (!accept(TokenKind::comma)) break;
    }
    expect(TokenKind::right_brace, "',' or '}'");
    return add(std::move(node), token);
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Reporter& reporter_;
  std::unique_ptr<Ast> ast_ = std::make_unique<Ast>();
  std::uint32_t nesting_ = 0;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Ast> parse(std::string_view text, Reporter& reporter) {
  if (text.size() > max_text_bytes) {
    reporter.error(0, 1, "FT-CEL-004", "the expression has more than " + std::to_string(max_text_bytes) + " bytes");
    return nullptr;
  }
  LexedText lexed = lex(text);
  for (const LexicalError& e : lexed.errors) reporter.error(e.position, e.length, "FT-CEL-002", e.message, e.hint);
  if (!lexed.errors.empty()) return nullptr;
  return Parser(std::move(lexed.tokens), reporter).run();
}

}  // namespace flowtank::expr
