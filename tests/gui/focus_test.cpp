// SPDX-License-Identifier: Apache-2.0
// The focus and its history, without widgets.
#include <catch2/catch.hpp>

#include <QSignalSpy>

#include "gui/session/focus.hpp"

namespace flowtank::gui {

namespace {

FocusPoint at(RecordId record, std::uint32_t run = 0) {
  FocusPoint point;
  point.run = run;
  point.record = record;
  return point;
}

}  // namespace

TEST_CASE("focus.back_and_forward_go_where_one_was") {
  Focus focus;
  focus.set(at(1));
  focus.set(at(2));
  focus.set(at(3));
  REQUIRE(focus.can_go_back());
  focus.back();
  CHECK(focus.current().record == 2);
  focus.back();
  CHECK(focus.current().record == 1);
  CHECK_FALSE(focus.can_go_back());
  focus.forward();
  CHECK(focus.current().record == 2);
  focus.set(at(9));
  CHECK_FALSE(focus.can_go_forward());
  focus.back();
  CHECK(focus.current().record == 2);
}

TEST_CASE("focus.setting_what_is_there_says_nothing_and_leaves_no_trace") {
  Focus focus;
  focus.set(at(4));
  QSignalSpy changed(&focus, &Focus::changed);
  focus.set(at(4));
  CHECK(changed.isEmpty());
  CHECK_FALSE(focus.can_go_back());
}

TEST_CASE("focus.a_drag_is_one_step_of_the_history") {
  Focus focus;
  focus.set(at(10));
  for (RecordId id = 11; id < 50; ++id) focus.glide(at(id));
  focus.set(at(50));
  focus.back();
  CHECK(focus.current().record == 10);
  CHECK_FALSE(focus.can_go_back());
}

TEST_CASE("focus.another_run_is_part_of_the_history") {
  Focus focus;
  focus.set(at(3, 0));
  focus.set(at(3, 1));
  focus.back();
  CHECK(focus.current().run == 0);
}

TEST_CASE("focus.bookmarks_keep_the_point_and_its_note") {
  Focus focus;
  focus.add_bookmark(QStringLiteral("nothing is in focus"));
  CHECK(focus.bookmarks().empty());
  focus.set(at(7));
  focus.add_bookmark(QStringLiteral("the second copy"));
  focus.set(at(8));
  REQUIRE(focus.bookmarks().size() == 1);
  CHECK(focus.bookmarks()[0].point.record == 7);
  focus.remove_bookmark(0);
  CHECK(focus.bookmarks().empty());
}

}  // namespace flowtank::gui
