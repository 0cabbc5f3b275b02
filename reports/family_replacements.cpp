// SPDX-License-Identifier: Apache-2.0
// Texts of two questions: can a read model be built again from its events, may a handler be replaced by another.
#include <algorithm>

#include "reports/family_page.hpp"

namespace flowtank::reports {
namespace {

using namespace family;

void side(FamilyPage& page, const ComparedSide& side, const std::string& key, std::string_view name, std::string_view other) {
  if (side.alone == 0) return;
  page.line();
  page.line(fmt::format("{} {} of {} outcomes of the {} {} not one of the {}", page.paint().strong_fail("✗"), side.alone, side.ends, name, side.alone == 1 ? "is" : "are", other));
  page.list(name, side.here_only.empty() ? std::vector<std::string>{"nothing more"} : side.here_only);
  page.list(other, side.there_only.empty() ? std::vector<std::string>{"nothing more"} : side.there_only);
  page.labelled("after", path_words(side.business));
  page.replay(key, "");
}

}  // namespace

std::string rebuild_text(const Scenario& scenario, const RebuildReport& report, const FamilyFiles& files, const TerminalStyle& style) {
  FamilyPage page(style, files);
  page.header(scenario, "Can what services keep be built again from their events?");
  std::size_t width = 7, differing = 0;
  for (const RebuildReport::Projection& p : report.projections) width = std::max(width, width_of(printable(p.name)));
  if (!page.quiet()) {
    page.line(page.paint().dim("  " + padded("service", width + 2) + padded_left("ends", 6) + padded_left("events", 8) + padded_left("effects", 9) + padded_left("sent", 6) + "  verdict"));
    for (const RebuildReport::Projection& p : report.projections) {
      std::string verdict(name_of(p.verdict));
      if (p.verdict == RebuildVerdict::no_projection) verdict = page.paint().dim("○ " + verdict + " (" + printable(p.why) + ")");
      else if (p.verdict == RebuildVerdict::blocked) verdict = page.paint().unsure(fmt::format("? {} of {} events could not be handled with nothing else going on", thousands(p.blocked), thousands(p.events)));
      else if (p.verdict == RebuildVerdict::vacuous) verdict = page.paint().dim("○ " + verdict);
      else if (p.verdict == RebuildVerdict::differs) verdict = page.paint().fail("✗ " + verdict);
      else verdict = page.paint().pass("✓ " + verdict);
      page.line("  " + padded(printable(p.name), width + 2) + padded_left(thousands(p.ends), 6) + padded_left(thousands(p.events), 8) +
                padded_left(thousands(p.effects), 9) + padded_left(thousands(p.sent), 6) + "  " + verdict);
    }
  }
  bool loud = false;
  for (const RebuildReport::Projection& p : report.projections) {
    loud = loud || p.effects + p.sent != 0;
    if (p.verdict != RebuildVerdict::differs) continue;
    ++differing;
    page.line();
    page.line(page.paint().strong_fail("✗") + " " + page.paint().bold(printable(p.name)));
    page.list("live", p.live_only.empty() ? std::vector<std::string>{"nothing more"} : p.live_only);
    page.list("rebuilt", p.rebuilt_only.empty() ? std::vector<std::string>{"nothing more"} : p.rebuilt_only);
    page.labelled("after", path_words(p.business));
    page.replay(p.name, "to that end");
  }
  if (!page.quiet()) {
    page.line();
    if (loud) page.labelled("not silent", "a rebuild causes effects or sends events again; the counts are in the table", 2, 11);
    page.labelled("ends", report.looked_at == report.ends ? fmt::format("all {}, each along a shortest way to it", report.ends)
                                                           : fmt::format("{} of {}", report.looked_at, report.ends), 2, 11);
    page.covered("looked at", report.extent);
    page.left_out(report.left_out);
  }
  const int exit = report.exit();
  page.last(exit == 1 ? page.paint().strong_fail(fmt::format("{} cannot be built again.", counted(differing, "read model")))
            : exit == 4 ? page.paint().unsure("Nothing could be built again, or not all ends were looked at.")
                        : page.paint().strong_pass("What is there is what its events make of it."), exit);
  return page.text();
}

std::string compare_text(const Scenario& scenario, const std::vector<std::string>& changes, const CompareReport& report, const FamilyFiles& files, const TerminalStyle& style) {
  FamilyPage page(style, files);
  page.header(scenario, "Does the changed scenario end as the old one does?");
  const int exit = report.exit();
  if (!page.quiet()) {
    page.list("changed", changes);
    page.labelled("old", counted(report.old_side.ends, "outcome"));
    page.labelled("new", counted(report.new_side.ends, "outcome"));
  }
  side(page, report.new_side, "new", "new", "old");
  side(page, report.old_side, "old", "old", "new");
  if (!page.quiet()) {
    page.line();
    std::string alone;
    for (const std::string& name : report.not_compared) alone += (alone.empty() ? "" : ", ") + name;
    page.labelled("ignored", alone.empty() ? "nothing: both have the same tables" : alone + " (only one of them has it)", 2, 11);
    page.covered("old", report.old_side.extent);
    page.covered("new", report.new_side.extent);
    if (report.old_side.counts_end || report.new_side.counts_end) {
      page.labelled("counts", fmt::format("some effect takes place {} times or more, and counts end there", World::most_observed), 2, 11);
    }
    page.left_out(report.left_out);
  }
  page.last(exit == 1 ? page.paint().strong_fail("They do not end alike.")
            : exit == 4 ? page.paint().unsure("Not everything was looked at.") : page.paint().strong_pass("Both have the same outcomes."), exit);
  return page.text();
}

}  // namespace flowtank::reports
