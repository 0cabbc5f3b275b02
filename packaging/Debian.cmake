# The Debian packages: flowtank (the command) and libflowtank-dev (libraries and headers). `./dev package` builds them
# from the preset "package"; `cpack -G DEB` makes them of any build folder. Dependencies come from dpkg-shlibdeps.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME flowtank)
set(CPACK_PACKAGE_VENDOR "Flowtank")
set(FLOWTANK_MAINTAINER "The Flowtank authors <flowtank@localhost>" CACHE STRING "Name and address for the Debian packages")
set(CPACK_PACKAGE_CONTACT "${FLOWTANK_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "deterministic simulation of event-driven services")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_SOURCE_DIR}/deb/compress_manual.cmake")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME flowtank)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
"Flowtank runs services, message brokers and databases as a deterministic
simulation, injects duplicates, delays, loss and crashes, and says whether the
system stays consistent: proved within bounds, observed in a run, or broken,
with the shortest story of how.
.
This package has the command flowtank, its models, and example scenarios.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libflowtank-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libfmt-dev, libre2-dev, flowtank (= ${PROJECT_VERSION}-1)")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"Flowtank runs services, message brokers and databases as a deterministic
simulation, injects duplicates, delays, loss and crashes, and says whether the
system stays consistent: proved within bounds, observed in a run, or broken,
with the shortest story of how.
.
This package has the libraries and headers, to build simulations in C++.")

# Policy files, compressed without a time stamp so that equal sources give equal packages.
find_program(FLOWTANK_GZIP gzip)
if(FLOWTANK_GZIP)
  set(changelog ${CMAKE_CURRENT_BINARY_DIR}/changelog.Debian.gz)
  configure_file(deb/changelog.in ${CMAKE_CURRENT_BINARY_DIR}/changelog @ONLY)
  execute_process(COMMAND ${FLOWTANK_GZIP} -9nc ${CMAKE_CURRENT_BINARY_DIR}/changelog OUTPUT_FILE ${changelog})
  install(FILES ${changelog} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/flowtank COMPONENT runtime)
  install(FILES ${changelog} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libflowtank-dev COMPONENT development)
endif()
install(FILES deb/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/flowtank COMPONENT runtime)
install(FILES deb/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libflowtank-dev COMPONENT development)
include(CPack)
