// SPDX-License-Identifier: Apache-2.0
// The steps of a story as a list for the Cause view: a row for each step, in the order of the story.
#pragma once

#include <QAbstractListModel>

#include <vector>

#include "gui/session/story_rows.hpp"

namespace flowtank::gui {

class StoryModel final : public QAbstractListModel {
 public:
  enum Role { number_role = Qt::UserRole, look_role, event_role, record_role };
  using QAbstractListModel::QAbstractListModel;

  void show(std::vector<StoryRow> rows);
  const std::vector<StoryRow>& rows() const { return rows_; }
  // -1 when no step is there.
  int row_of(RecordId record) const;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;

 private:
  std::vector<StoryRow> rows_;
};

}  // namespace flowtank::gui
