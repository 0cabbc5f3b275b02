// SPDX-License-Identifier: Apache-2.0
// The main of the desktop's tests: Catch2 under a QApplication that needs no screen.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include <QApplication>

int main(int argc, char** argv) {
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("flowtank-gui-test"));
  QApplication::setOrganizationName(QStringLiteral("flowtank"));
  return Catch::Session().run(argc, argv);
}
