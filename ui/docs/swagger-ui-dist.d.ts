declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  /** What of Swagger UI's configuration this page uses. */
  interface Options {
    url: string;
    dom_id: string;
    deepLinking: boolean;
    displayRequestDuration: boolean;
    validatorUrl: string | null;
  }
  export default function SwaggerUI(options: Options): unknown;
}
