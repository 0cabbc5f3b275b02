// SPDX-License-Identifier: Apache-2.0
// The order of the landmarks is that of reading: title, answer, contents, sections, foot. Marks that come more than once
// are symbols at the start of the body. The policy comes before the first thing that it is about.
#include "reports/html/page.hpp"

#include <fmt/format.h>

#include "reports/html/content_hash.hpp"
#include "reports/html/marks.hpp"

namespace flowtank::reports::html {

void part_title(Markup& to, std::string_view title, std::string_view more) {
  to.open("h3");
  to.text(title);
  if (!more.empty()) {
    to.text(" ");
    to.leaf("span", {{"class", "more"}}, more);
  }
  to.close();
}

namespace {

void head(Markup& to, const Frame& frame) {
  to.open("head");
  to.single("meta", {{"charset", "utf-8"}});
  to.single("meta", {{"http-equiv", "Content-Security-Policy"},
                     {"content", fmt::format("default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
                                             content_hash(page_style()), content_hash(page_script()))}});
  to.single("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  to.single("meta", {{"name", "referrer"}, {"content", "no-referrer"}});
  to.single("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  to.single("meta", {{"name", "generator"}, {"content", "Flowtank"}});
  to.leaf("title", frame.title + " - Flowtank " + frame.kind);
  to.open("style");
  to.verbatim(page_style());
  to.close();
  to.close();
}

void opening(Markup& to, const Frame& frame) {
  to.open("header");
  to.open("p", {{"class", "brand"}});
  to.leaf("b", "Flowtank");
  to.text(" " + frame.kind);
  to.close();
  to.leaf("h1", frame.title);
  to.open("dl", {{"class", "facts"}});
  for (const auto& [name, value] : frame.facts) {
    to.open("div");
    to.leaf("dt", name);
    to.leaf("dd", value);
    to.close();
  }
  to.close();
  to.verbatim(frame.banner);
  to.close();
  to.open("nav", {{"aria-label", "Contents"}});
  to.open("ul");
  for (const Section& section : frame.sections) {
    to.open("li");
    to.leaf("a", {{"href", "#" + section.id}}, section.name);
    to.close();
  }
  to.close();
  to.close();
}

}  // namespace

std::string whole_page(const Frame& frame) {
  Markup to;
  to.verbatim("<!DOCTYPE html>");
  to.open("html", {{"lang", "en"}});
  head(to, frame);
  to.open("body");
  to.open("div", {{"class", "skip"}});
  to.leaf("a", {{"href", "#content"}}, "To the verdicts");
  to.close();
  to.verbatim(symbols());
  opening(to, frame);
  to.open("main", {{"id", "content"}});
  for (const Section& section : frame.sections) {
    to.open("section", {{"id", section.id}, {"aria-labelledby", section.id + "-title"}});
    to.leaf("h2", {{"id", section.id + "-title"}}, section.title);
    if (!section.intro.empty()) {
      to.open("p", {{"class", "intro"}});
      to.with_code(section.intro);
      to.close();
    }
    to.verbatim(section.body);
    to.close();
  }
  to.close();
  to.open("footer");
  to.open("p");
  for (std::size_t i = 0; i < frame.foot.size(); ++i) {
    if (i != 0) to.text(" · ");
    to.with_code(frame.foot[i]);
  }
  to.close();
  to.close();
  to.open("script");
  to.verbatim(page_script());
  to.close();
  to.close();
  to.close();
  std::string page = to.take();
  page += '\n';
  return page;
}

}  // namespace flowtank::reports::html
