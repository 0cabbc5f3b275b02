// SPDX-License-Identifier: Apache-2.0
// --report html=FILE as users type it: which commands write a page, that it is the same again, and that a target which cannot be
// written gives one clear error, exit 2, and leaves what was there before, with nothing half written beside it.
#include <catch2/catch.hpp>

#include <algorithm>

#include <fmt/format.h>

#include "tests/cli/program.hpp"

namespace flowtank {
namespace {

using namespace test;

const std::string duplicate = scenarios + "store-payment-without-inbox-duplicate.json";
const std::string naive = scenarios + "store/1-naive.json";

std::size_t files_in(const Folder& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
}

TEST_CASE("html_report.every_command_that_judges_writes_its_page") {
  const Folder here;
  const struct {
    std::string arguments;
    int exit;
    std::vector<std::string> says;
  } cases[] = {
      {"check " + duplicate + " --save .", 0, {"Not consistent.", "proved", "payment got OrderPlaced(o-1) a second time", "Critical step", "class=\"diagram wide\""}},
      {"check " + scenarios + "store-all-patterns.json --no-save", 0, {"Consistent.", "All 4 properties are proved", "all there are"}},
      {"check " + naive + " --strategy random --runs 200 --no-save", 0, {"random campaign", "200 independent random runs", "no proof", "<span class=\"note\">200 runs</span>"}},
      {"check " + duplicate + " --strategy lineage --no-save", 0, {"search led by lineage", "the one fault, wherever it can strike"}},
      {"check " + scenarios + "store-all-patterns-crash-duplicate.json --states 50 --no-save", 4, {"Undecided.", "INCONCLUSIVE", "50 states"}},
      {"run " + naive + " --no-save --no-shrink", 0, {"timed run", "Latency", "all together", "8a8243b09c003626"}},
      {"replay store-payment-without-inbox-duplicate.check.counterexample", 0, {"replay of a counterexample", "as recorded"}},
      {"idempotency " + naive + " --no-save", 1, {"Not safe to be handed twice.", "payment.charge", "differs"}},
      {"commute " + naive + " --no-save", 1, {"The order matters.", "conflict"}}};
  for (const auto& one : cases) {
    fs::remove(here.path() / "page.html");
    const Ran ran = flowtank(here, one.arguments + " --report html=page.html");
    INFO(one.arguments << ran.err);
    CHECK(ran.exit == one.exit);
    const std::string page = content(here / "page.html");
    CHECK(page.starts_with("<!DOCTYPE html>"));
    CHECK(page.ends_with("</html>\n"));
    for (const std::string& words : one.says) CHECK((has(page, words) ? "" : words) == "");
    CHECK_FALSE(has(page, FLOWTANK_SOURCE_DIR));
    flowtank(here, one.arguments + " --report html=again.html");
    CHECK(content(here / "again.html") == page);
  }
}

TEST_CASE("html_report.commands_without_a_page_say_what_they_write") {
  const Folder here;
  for (const std::string command : {"lint", "rebuild", "compare --to services.payment.with.consume=inbox"}) {
    const Ran ran = flowtank(here, fmt::format("{} {} --report html=page.html", command, naive));
    CHECK(ran.exit == 2);
    CHECK(has(ran.err, "writes no report \"html\""));
    CHECK(has(ran.err, "json=FILE"));
  }
  const Ran swept = flowtank(here, "run " + naive + " --sweep services.payment.with.consume=naive,inbox --report html=page.html");
  CHECK(fs::exists(here.path() / "page.html"));
}

TEST_CASE("html_report.says_which_handlers_are_idempotent_and_which_orders_matter") {
  const Folder here;
  CHECK(flowtank(here, "check " + naive + " --no-save --report html=page.html").exit == 0);
  const std::string page = content(here / "page.html");
  CHECK(has(page, "Handlers: idempotent, and in any order?"));
  CHECK(has(page, "NOT idempotent"));
  CHECK(has(page, "conflict"));
  CHECK(has(page, "flowtank commute 1-naive.json"));
  // Nothing beyond the budget is called good: this scenario has more states than the page looks at.
  const std::string good = "'" + scenarios + "store-all-patterns-crash-duplicate.json'";
  const std::string larger = " --set check.clients.shoppers=3 --set check.states=400000 --states 300";
  flowtank(here, "check " + good + larger + " --no-save --report html=large.html");
  const std::string large = content(here / "large.html");
  const std::string part = large.substr(large.find("Handlers: idempotent"));
  CHECK(has(part, "looked at, not all"));
  CHECK(has(part, "no difference so far"));
  CHECK_FALSE(has(part, "> idempotent</span>"));
  CHECK_FALSE(has(part, "the same</span>"));
  // What computes with a clock cannot be explored, and the page says so instead of showing nothing.
  flowtank(here, "run '" + scenarios + "faults/clock.json' --no-save --report html=clock.html");
  CHECK(has(content(here / "clock.html"), "Not looked at: this is found by exploring"));
}

TEST_CASE("html_report.a_full_disk_leaves_the_old_page") {
  const Folder here;
  put(here / "page.html", "the old page");
  // A limit on the size of files stands for a disk that fills up while the page is written.
  const Ran ran = flowtank(here, "check " + duplicate + " --no-save --report html=page.html", "trap '' XFSZ; ulimit -f 16;");
  CHECK(ran.exit == 2);
  CHECK(has(ran.err, "cannot write page.html: File too large"));
  CHECK(has(ran.out, "FAIL"));  // the result is told all the same
  CHECK(content(here / "page.html") == "the old page");
  CHECK(files_in(here) == 3);  // with what was printed: nothing is left over
  const Ran full = flowtank(here, "check " + duplicate + " --no-save --report html=/dev/full");
  CHECK(full.exit == 2);
  CHECK(has(full.err, "cannot write /dev/full: No space left on device"));
}

TEST_CASE("html_report.a_target_that_is_not_there_is_named") {
  const Folder here;
  const Ran gone = flowtank(here, "check " + duplicate + " --no-save --report html=gone/page.html");
  CHECK(gone.exit == 2);
  CHECK(has(gone.err, "cannot write gone/page.html: No such file or directory"));
  fs::create_directory(here.path() / "folder");
  const Ran folder = flowtank(here, "idempotency " + duplicate + " --no-save --report html=folder");
  CHECK(folder.exit == 2);
  CHECK(has(folder.err, "cannot write folder: Is a directory"));
  // A folder that vanishes while the work goes on: its name is all that is left.
  const Ran vanished = flowtank(here, "commute " + duplicate + " --no-save --report html=kept/page.html", "mkdir kept && rmdir kept &&");
  CHECK(vanished.exit == 2);
  CHECK(has(vanished.err, "cannot write kept/page.html"));
}

TEST_CASE("html_report.a_folder_without_leave_keeps_the_old_page") {
  if (::geteuid() == 0) {
    WARN("root may write everywhere: an unwritable file system is tried instead");
    const Folder here;
    const Ran ran = flowtank(here, "check " + duplicate + " --no-save --report html=/proc/version");
    CHECK(ran.exit == 2);
    CHECK(has(ran.err, "cannot write /proc/version"));
    return;
  }
  const Folder here;
  fs::create_directory(here.path() / "locked");
  put(here / "locked/page.html", "the old page");
  fs::permissions(here.path() / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  const Ran ran = flowtank(here, "check " + duplicate + " --no-save --report html=locked/page.html");
  fs::permissions(here.path() / "locked", fs::perms::owner_all);
  CHECK(ran.exit == 2);
  CHECK(has(ran.err, "cannot write locked/page.html: Permission denied"));
  CHECK(content(here / "locked/page.html") == "the old page");
}

}  // namespace
}  // namespace flowtank
