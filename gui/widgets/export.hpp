// SPDX-License-Identifier: Apache-2.0
// Writes a view as a picture: PNG at twice the size, SVG or PDF, by the ending of the file. The file is whole or not there.
#pragma once

#include <QString>

#include "gui/widgets/desk.hpp"

namespace flowtank::gui {

// A sentence when it could not be written; empty when all went well.
QString export_to(const Picture& picture, const QString& file);

}  // namespace flowtank::gui
