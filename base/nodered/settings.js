// Without a login the editor runs code for whoever finds it, so a missing hash stops the start.
const admin = process.env.NODE_RED_ADMIN_HASH;
const credentials = process.env.NODE_RED_CREDENTIAL_SECRET;
if (!admin || !credentials) {
  throw new Error("NODE_RED_ADMIN_HASH and NODE_RED_CREDENTIAL_SECRET must be set");
}

module.exports = {
  userDir: "/data",
  flowFile: "flows.json",
  uiPort: 1880,
  credentialSecret: credentials,
  adminAuth: {
    type: "credentials",
    users: [{ username: "admin", password: admin, permissions: "*" }],
  },
  diagnostics: { enabled: false, ui: false },
  telemetry: { enabled: false },
  // Nodes come with the image, so that every environment runs the same ones.
  externalModules: {
    autoInstall: false,
    palette: { allowInstall: false, allowUpload: false },
    modules: { allowInstall: false },
  },
  functionExternalModules: false,
  logging: { console: { level: "info", metrics: false, audit: true } },
};
