// SPDX-License-Identifier: Apache-2.0
// flowtank-gui: placeholder for the first build of the library.
int main() { return 0; }
