// SPDX-License-Identifier: Apache-2.0
// See event_filter.hpp. Splits the words of a filter once, so that looking at an event compares texts and compiles nothing.
#include "gui/models/event_filter.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace flowtank::gui {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : static_cast<char>(c); });
  return text;
}

std::optional<FilterTerm::Field> field_of(const std::string& name) {
  if (name == "kind") return FilterTerm::Field::kind;
  if (name == "service" || name == "where") return FilterTerm::Field::service;
  if (name == "key") return FilterTerm::Field::key;
  if (name == "handler") return FilterTerm::Field::handler;
  if (name == "place") return FilterTerm::Field::place;
  return std::nullopt;
}

std::string field_text(const RunReader& run, RecordId id, FilterTerm::Field field) {
  switch (field) {
    case FilterTerm::Field::any: return run.kind(id) + " " + run.where(id) + " " + run.sentence(id);
    case FilterTerm::Field::kind: return run.kind(id) + " " + std::string(reports::kind_name(run.index().kind(id)));
    case FilterTerm::Field::service: return run.where(id);
    case FilterTerm::Field::key: return run.key(id);
    case FilterTerm::Field::handler: return run.handler(id);
    case FilterTerm::Field::place: return run.place(id);
  }
  return "";
}

}  // namespace

std::vector<FilterTerm> parse_filter(const std::string& text, std::string& problem) {
  std::vector<FilterTerm> terms;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    FilterTerm term;
    if (word.size() > 1 && word.front() == '!') {
      term.negated = true;
      word.erase(0, 1);
    }
    const std::size_t at = word.find_first_of(":=");
    if (at != std::string::npos && at != 0 && at + 1 < word.size()) {
      const auto field = field_of(lower(word.substr(0, at)));
      if (!field) {
        problem = fmt::format("there is no field \"{}\": kind, service, key, handler, place", word.substr(0, at));
        return {};
      }
      term.field = *field;
      term.exact = word[at] == '=';
      word.erase(0, at + 1);
    }
    term.text = lower(word);
    terms.push_back(std::move(term));
  }
  return terms;
}

std::optional<EventFilter> EventFilter::of(const std::string& text, const RunReader& run, std::string& problem) {
  problem.clear();
  EventFilter filter(run);
  if (text.starts_with("=")) {
    Diagnostics diagnostics;
    auto expression = run.view().filter(text.substr(1), *filter.error_, diagnostics);
    if (!expression) {
      problem = diagnostics.all().empty() ? "this is no expression" : diagnostics.all().front().message;
      return std::nullopt;
    }
    filter.expression_ = std::move(*expression);
    return filter;
  }
  filter.terms_ = parse_filter(text, problem);
  if (!problem.empty()) return std::nullopt;
  return filter;
}

bool EventFilter::wants(RecordId id) const {
  if (expression_) {
    run_->view().records().forget_when_large();
    return expression_(run_->view().records()[id]);
  }
  return std::all_of(terms_.begin(), terms_.end(), [&](const FilterTerm& term) {
    const std::string text = lower(field_text(*run_, id, term.field));
    return (term.exact ? text == term.text : text.find(term.text) != std::string::npos) != term.negated;
  });
}

}  // namespace flowtank::gui
