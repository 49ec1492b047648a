// The page at /docs: what the server can be asked, and a form to try it. All of it comes from the server.
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";

SwaggerUI({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  // nobody else is asked whether the document is valid
  validatorUrl: null,
});
