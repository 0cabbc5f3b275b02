// SPDX-License-Identifier: Apache-2.0
// idempotency, commute and check --strategy lineage from outside: exit codes, what is printed, what is written.
#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace flowtank {
namespace {

namespace fs = std::filesystem;

struct Ran {
  int exit = -1;
  std::string out, err;
};

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "flowtank-families-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  Ran run(const std::string& arguments) const {
    const std::string command = "cd '" + path_.string() + "' && '" FLOWTANK_PROGRAM "' " + arguments + " > out 2> err < /dev/null";
    const int status = std::system(command.c_str());
    Ran ran{WIFEXITED(status) ? WEXITSTATUS(status) : -1, content("out"), content("err")};
    UNSCOPED_INFO(arguments << "\nexit " << ran.exit << "\n" << ran.out << ran.err);
    return ran;
  }
  std::string content(const std::string& name) const {
    std::ifstream in(path_ / name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  bool there(const std::string& name) const { return fs::exists(path_ / name); }

 private:
  fs::path path_;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const std::string good = "'" FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns.json'";
const std::string faulty = "'" FLOWTANK_SOURCE_DIR "/scenarios/store-all-patterns-crash-duplicate.json'";

}  // namespace

TEST_CASE("families.idempotency_prints_a_table_and_files_that_replay") {
  const Folder here;
  const Ran safe = here.run("idempotency " + good);
  CHECK(safe.exit == 0);
  CHECK(has(safe.out, "Every handler that was reached is idempotent."));
  CHECK(has(safe.out, "never handled"));
  const Ran naive = here.run("idempotency " + good + " --set services.payment.with.consume=naive --report json=out.json --ascii");
  CHECK(naive.exit == 1);
  CHECK(has(naive.out, "row changed payment.charges o-1: times 1 -> 2, amount_cents 100 -> 200"));
  CHECK(has(naive.out, "1 handler is not idempotent."));
  CHECK(naive.out.find("\xe2") == std::string::npos);
  CHECK(has(here.content("out.json"), "\"verdict\": \"not_idempotent\""));
  REQUIRE(here.there("store-all-patterns.twice.payment.charge.counterexample"));
  const Ran again = here.run("replay store-all-patterns.twice.payment.charge.counterexample");
  CHECK(has(again.out, "charged at most once"));
  CHECK(has(again.out, "one more copy"));
  CHECK(here.run("idempotency " + good + " --states 3 --no-save").exit == 4);
  CHECK(here.run("idempotency " + good + " --ignore order.order").exit == 2);
  CHECK(here.run("idempotency missing.json").exit == 2);
  CHECK(here.run("idempotency --help").exit == 0);
}

TEST_CASE("families.commute_prints_a_matrix") {
  const Folder here;
  const Ran fine = here.run("commute " + good + " --set check.clients.shoppers=2");
  CHECK(fine.exit == 0);
  CHECK(has(fine.out, "confluent"));
  CHECK(here.run("commute " + good + " --states 3").exit == 4);
  CHECK(here.run("commute " + good + " --set check.clients.shoppers=2 --any-order --local --report json=c.json").exit == 0);
  CHECK(has(here.content("c.json"), "\"verdict\": \"commute\""));
  CHECK(here.run("commute --help").exit == 0);
}

TEST_CASE("families.lineage_is_a_strategy_of_check") {
  const Folder here;
  const Ran safe = here.run("check " + faulty + " --strategy lineage --report json=l.json");
  CHECK(has(safe.out, "every set of at most 2 of 2 faults"));
  CHECK(has(safe.out, "tested"));
  CHECK(has(here.content("l.json"), "\"strategy\": \"lineage\""));
  const Ran naive = here.run("check " + faulty + " --strategy lineage --set services.payment.with.consume=naive");
  CHECK(naive.exit == 1);
  CHECK(has(naive.out, "charged at most once"));
  CHECK(here.run("replay store-all-patterns-crash-duplicate.check.counterexample").out.find("FAIL") != std::string::npos);
}

TEST_CASE("families.a_list_of_a_scenario_can_be_added_to") {
  const Folder here;
  const Ran added = here.run("check " + good + " --no-save --set services.payment.with.consume=naive --set 'faults.+={\"kind\": \"duplicate\"}'");
  CHECK(added.exit == 1);
  CHECK(here.run("check " + good + " --no-save --set 'faults.+={\"kind\": \"nothing\"}'").exit == 2);
}

}  // namespace flowtank
